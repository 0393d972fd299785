"""Contents, and what uses each of them."""

from datetime import datetime

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from cas import references
from cas.models import Blob
from core.admin.lists import CappedListAdmin
from core.admin.readonly import ReadOnlyAdmin
from core.admin.urls import admin_url
from core.sizes import human_size

_LISTED = 100


@admin.register(Blob)
class BlobAdmin(CappedListAdmin, ReadOnlyAdmin[Blob]):
    """A read-only list of the stored files; the search takes the beginning of a SHA-256."""

    list_display = ("digest", "size_for_people", "created_at", "waiting_since", "damaged_since")
    fields = ("digest", "size_for_people", "used_by", "created_at", "waiting_since", "verified_at", "damaged_since")
    search_fields = ("digest__startswith",)
    search_help_text = "The beginning of a SHA-256"
    ordering = ("-created_at", "-digest")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Blob], search_term: str
    ) -> tuple[QuerySet[Blob], bool]:
        """Some tools write hashes in capitals."""
        return super().get_search_results(request, queryset, search_term.lower())

    @admin.display(description="Size", ordering="size")
    def size_for_people(self, blob: Blob) -> str:
        """The size in a unit that people read."""
        return human_size(blob.size)

    @admin.display(description="Waiting to be deleted since", ordering="condemned_at")
    def waiting_since(self, blob: Blob) -> datetime | None:
        """When a collection found that nothing used it."""
        return blob.condemned_at

    @admin.display(description="Damaged since", ordering="corrupt_at")
    def damaged_since(self, blob: Blob) -> datetime | None:
        """When a check found that its bytes were not those that were stored."""
        return blob.corrupt_at

    @admin.display(description="Used by")
    def used_by(self, blob: Blob) -> str:
        """Whatever refers to it, found through Django: the store knows no owner."""
        rows = list(references.users(blob.pk, _LISTED))
        if not rows:
            return "nothing"
        return format_html_join(
            SafeString("<br>"), '<a href="{}">{}</a>', ((admin_url(row) or "", str(row)) for row in rows)
        )
