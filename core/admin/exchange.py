"""Import and export of a table in the admin: CSV and XLSX, with a preview and the faults of each row."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import CSV, XLSX
from import_export.forms import ExportForm
from typing_extensions import override

# A table of some ten thousand rows.
_MOST_BYTES = 5_000_000


class ExchangeAdmin(ImportExportMixin):  # type: ignore[misc]
    """Inherit beside a ModelAdmin, and name `resource_classes` and `import_permissions`."""

    formats = [CSV, XLSX]
    export_form_class = ExportForm
    import_permissions: ClassVar[tuple[str, ...]] = ()

    @override
    def has_import_permission(self, request: HttpRequest) -> bool:
        return all(request.user.has_perm(name) for name in self.import_permissions)

    @override
    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_view_permission(request))

    @override
    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().import_action(request, **kwargs)
        return response

    # The upload handler looks for it: a table is no picture.
    import_action.plain_upload_bytes = _MOST_BYTES  # type: ignore[attr-defined]

    @override
    def get_export_queryset(self, request: HttpRequest) -> Any:
        # Everything that the filters leave, not only what the list counted.
        return self.get_search_results(request, self.get_queryset(request), request.GET.get("q", ""))[0]

    @override
    def get_skip_admin_log(self) -> bool:
        # The services write what happened; the ledger is the log.
        return True
