"""How the pages' own files are served: under names with a hash, cached for ever, compressed."""

import re
from pathlib import Path
from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from django.http import HttpRequest, HttpResponseBase
from django.utils._os import safe_join
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

_HASHED = re.compile(r"\.[0-9a-f]{12}\.[\w.]+\Z", re.ASCII)


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Gives JavaScript modules the hashed names of what they import, or a new page would run old modules."""

    support_js_module_import_aggregation = True


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Also finds files that `collectstatic` has added since the start, under names with a hash.

    While two versions serve side by side, pages of the new one ask the old one too for what they need.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Serve a file, or go on."""
        url = request.path_info
        if (
            not self.autorefresh
            and url not in self.files
            and url.startswith(self.static_prefix)
            and _HASHED.search(url)
        ):
            self._look_again(url)
        response: HttpResponseBase = super().__call__(request)
        return response

    def _look_again(self, url: str) -> None:
        root: Any = self.static_root
        try:
            path = safe_join(root, url.removeprefix(self.static_prefix))
            is_there = Path(path).is_file()
        except (SuspiciousFileOperation, OSError, ValueError):
            # It leads elsewhere, or is no name that a file can have.
            return
        if is_there:
            self.add_file_to_dictionary(url, path)
