"""The content store in the admin: to look at, not to touch."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from cas.models import Blob

_LISTED = 100


@admin.register(Blob)
class BlobAdmin(admin.ModelAdmin[Blob]):
    """Contents, and what uses each of them."""

    list_display = ("digest", "human_size", "created_at", "condemned_at", "corrupt_at")
    fields = ("digest", "human_size", "used_by", "created_at", "condemned_at", "verified_at", "corrupt_at")
    search_fields = ("digest__startswith",)
    search_help_text = "The beginning of a SHA-256"
    ordering = ("-created_at",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Uploads add contents."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Contents never change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The collector deletes contents, and nobody else."""
        return False

    @admin.display(description="Size", ordering="size")
    def human_size(self, blob: Blob) -> str:
        """For people."""
        return filesizeformat(blob.size)

    @admin.display(description="Used by")
    def used_by(self, blob: Blob) -> str:
        """Whatever refers to it, found through Django: the store knows no owner."""
        rows = [row for relation in Blob._meta.related_objects for row in _rows(blob, relation)]
        if not rows:
            return "nothing"
        return format_html_join(SafeString("<br>"), '<a href="{}">{}</a>', ((_address(row), str(row)) for row in rows))


def _rows(blob: Blob, relation: Any) -> models.QuerySet[Any]:
    rows: models.QuerySet[Any] = relation.related_model._base_manager.filter(**{relation.field.name: blob})
    return rows[:_LISTED]


def _address(row: models.Model) -> str:
    try:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return ""
