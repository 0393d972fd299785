"""Kits and their contents in the admin."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.db.models import Count, QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from typing_extensions import override

from attachments.admin import AttachmentOwnerAdmin
from attachments.admin.lists import AddedFilter, DocumentFilter, PictureFilter
from core.errors import InventoryError
from kits import services
from kits.models import Kit, KitContent


class LabelledFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Rows whose fields a screen reader can name: in a table, a label is only the head of a column."""

    @override
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for name, field in form.fields.items():
            field.widget.attrs.setdefault("aria-label", str(field.label or name.capitalize()))


class KitContentInline(admin.TabularInline[KitContent, Kit]):
    """What the kit takes of each part."""

    model = KitContent
    fields = ("part", "required_per_unit", "note")
    autocomplete_fields = ("part",)
    formset = LabelledFormSet
    formfield_overrides = {models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 2, "cols": 30})}}
    extra = 1


@admin.register(Kit)
class KitAdmin(AttachmentOwnerAdmin):
    """Kits with contents and attachments. An archived one can be looked at, unarchived and deleted."""

    list_display = ("cover", "name", "summary", "status", "build_target", "content_count", "files", "updated_at")
    list_display_links = ("cover", "name")
    list_filter = ("status", PictureFilter, DocumentFilter, ("created_at", AddedFilter))
    search_fields = ("name", "description")
    search_help_text = "Name, description, file name or SHA-256"
    readonly_fields = ("status", "archived_at", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", "description", "build_target")}),
        ("History", {"classes": ("collapse",), "fields": (("status", "archived_at"), ("created_at", "updated_at"))}),
    )
    inlines = (KitContentInline,)
    ordering = ("name",)
    actions = (*AttachmentOwnerAdmin.actions, "archive", "unarchive")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Kit]:
        """With all that a row shows, in a constant number of queries."""
        return Kit.objects.for_list().annotate(content_count=Count("contents"))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Every word somewhere in the kit or its files."""
        return queryset.matching(search_term[:200], files=True), False

    def has_change_permission(self, request: HttpRequest, obj: Kit | None = None) -> bool:
        """Not for an archived kit."""
        return super().has_change_permission(request, obj) and not (obj is not None and obj.is_archived)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Count a change of a row, so that a client of the API with an older version notices."""
        for row in formset.forms:
            if row.has_changed() and row.instance.pk:
                row.instance.version += 1
        super().save_formset(request, form, formset, change)

    @admin.display(description="Description", ordering="description")
    def summary(self, kit: Kit) -> str:
        """The beginning of the description."""
        text = kit.description or ""
        return text if len(text) <= 80 else f"{text[:79]}…"

    @admin.display(description="Parts", ordering="content_count")
    def content_count(self, kit: Any) -> int:
        """How many rows."""
        return int(kit.content_count)

    @admin.action(description="Archive selected kits", permissions=["change"])
    def archive(self, request: HttpRequest, kits: QuerySet[Kit]) -> None:
        """Close them."""
        self._each(request, kits, services.archive)

    @admin.action(description="Unarchive selected kits", permissions=["change"])
    def unarchive(self, request: HttpRequest, kits: QuerySet[Kit]) -> None:
        """Open them."""
        self._each(request, kits, services.unarchive)

    def _each(self, request: HttpRequest, kits: QuerySet[Kit], change: Callable[[int], Kit]) -> None:
        for kit in kits:
            try:
                changed = change(kit.pk)
            except InventoryError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, f"{kit.name} is {changed.get_status_display()} now.")
