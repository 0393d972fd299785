"""Kits and their contents in the admin."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.db.models import Q, QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from typing_extensions import override

from attachments.admin import AttachmentOwnerAdmin
from attachments.admin.lists import AddedFilter, DocumentFilter, PictureFilter
from core import search
from core.admin.exchange import ExchangeAdmin
from core.admin.lists import LONGEST_QUERY, CappedListAdmin
from core.admin.readonly import ReadOnlyAdmin
from core.admin.service_errors import become
from core.errors import InventoryError
from kits import services
from kits.exchange import KitContentResource
from kits.models import Kit, KitContent
from parts.models import Part


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
    search_fields = ("name",)
    search_help_text = "Name, description, file name or SHA-256"
    readonly_fields = ("status", "archived_at", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", "description", "build_target")}),
        ("History", {"classes": ("collapse",), "fields": (("status", "archived_at"), ("created_at", "updated_at"))}),
    )
    inlines = (KitContentInline,)
    verbs_of_form = ("changed", "edited", "content_changed", "content_removed")
    ordering = ("name",)
    actions = (*AttachmentOwnerAdmin.actions, "archive", "unarchive")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Kit]:
        """With all that a row shows, in a constant number of queries."""
        return Kit.objects.for_list().with_content_count()

    def has_change_permission(self, request: HttpRequest, obj: Kit | None = None) -> bool:
        """The page of an archived kit is read-only; a POST for one is refused by the services, with a sentence."""
        is_closed = obj is not None and obj.is_archived and request.method != "POST"
        return super().has_change_permission(request, obj) and not is_closed

    @override
    def save_model(self, request: HttpRequest, obj: Kit, form: Any, change: bool) -> None:
        names = [*form.changed_data] if change else [*form.cleaned_data]
        fields = {name: form.cleaned_data[name] for name in names}
        become(obj, services.update_kit(obj.pk, **fields) if change else services.create_kit(**fields))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Rows go before others come, so that a part may move from one row to another."""
        kit_id = form.instance.pk
        # Django's log of changes reads these.
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        for row in formset.deleted_forms:
            if row.instance.pk:
                services.remove_content(kit_id, row.instance.pk)
                formset.deleted_objects.append(row.instance)
        for row in formset.forms:
            if row in formset.deleted_forms or not row.has_changed():
                continue
            fields = {name: row.cleaned_data[name] for name in ("part", "required_per_unit", "note")}
            if row.instance.pk:
                # Changes since the page was loaded were told of before: `verbs_of_form`.
                services.change_content(kit_id, row.instance.pk, version=row.instance.version, **fields)
                formset.changed_objects.append((row.instance, row.changed_data))
            else:
                formset.new_objects.append(services.add_content(kit_id, **fields))

    @override
    def delete_model(self, request: HttpRequest, obj: Kit) -> None:
        services.delete_kit(obj.pk)

    @override
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Kit]) -> None:
        for kit_id in queryset.order_by("pk").values_list("pk", flat=True):
            services.delete_kit(kit_id)

    @admin.display(description="Description", ordering="description")
    def summary(self, kit: Kit) -> str:
        """The beginning of the description."""
        text = kit.description or ""
        return text if len(text) <= 80 else f"{text[:79]}…"

    @admin.display(description="Parts", ordering="content_count")
    def content_count(self, kit: Any) -> int:
        """The number of parts in the kit."""
        return int(kit.content_count)

    @admin.action(description="Archive selected kits", permissions=["change"])
    def archive(self, request: HttpRequest, kits: QuerySet[Kit]) -> None:
        """Archive each of the kits."""
        self._each(request, kits, services.archive)

    @admin.action(description="Unarchive selected kits", permissions=["change"])
    def unarchive(self, request: HttpRequest, kits: QuerySet[Kit]) -> None:
        """Unarchive each of the kits."""
        self._each(request, kits, services.unarchive)

    def _each(self, request: HttpRequest, kits: QuerySet[Kit], change: Callable[[int], Kit]) -> None:
        for kit in kits:
            try:
                changed = change(kit.pk)
            except InventoryError as error:
                messages.error(request, str(error))
            else:
                messages.success(request, f"{kit.name} is {changed.get_status_display()} now.")


@admin.register(KitContent)
class KitContentAdmin(ExchangeAdmin, ReadOnlyAdmin[KitContent], CappedListAdmin):
    """What all kits contain, as one list: to look at, and to bring in as a table."""

    resource_classes = [KitContentResource]
    import_permissions = ("kits.add_kitcontent", "kits.change_kitcontent")
    list_display = ("kit", "part", "required_per_unit", "note")
    list_display_links = None
    search_fields = ("kit__name",)
    search_help_text = "Words of a kit or of a part"
    ordering = ("kit__name", "part__key")

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[KitContent]:
        return KitContent.objects.select_related("kit", "part")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By what finds the kit, or the part."""
        words = search_term[:LONGEST_QUERY]
        if not words.strip():
            return queryset, False
        return queryset.filter(Q(kit__in=search.hits(Kit, words)) | Q(part__in=search.hits(Part, words))), False

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Here nothing is deleted; but rows go with their kit, and Django asks this page whether they may.
        here = request.resolver_match is not None and "kitcontent" in str(request.resolver_match.url_name)
        return not here and request.user.has_perm("kits.delete_kitcontent")
