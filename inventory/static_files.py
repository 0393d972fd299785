"""How the pages' own files are served: under names with a hash, cached for ever, compressed."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Gives JavaScript modules the hashed names of what they import, or a new page would run old modules."""

    support_js_module_import_aggregation = True
