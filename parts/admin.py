"""Parts, types and tags in the admin."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST
from typing_extensions import override

from attachments.admin import AttachmentOwnerAdmin
from attachments.admin.lists import AddedFilter, DocumentFilter, OwnerChangeList, PictureFilter
from core import search
from core.admin.exchange import ExchangeAdmin
from core.admin.lists import LONGEST_QUERY, CappedListAdmin
from core.admin.service_errors import ServiceErrorsMixin, become
from core.errors import InventoryError
from core.numbers import whole_number
from parts import panels, services
from parts.exchange import PartResource
from parts.models import Part, PartType, Tag

# A page with a thousand tags is no filter; the search finds them all.
_IN_A_FILTER = 40


class TypeFilter(admin.RelatedFieldListFilter):
    """The types by name; of very many, the first, and the one that is chosen."""

    @override
    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[Any]:
        types = PartType.objects.order_by("name").values_list("pk", "name")
        wanted = str(self.lookup_val[-1]) if self.lookup_val else ""
        chosen = types.filter(pk=whole_number(wanted) or 0)
        return list(dict.fromkeys([*chosen, *types[:_IN_A_FILTER]]))


class TagFilter(admin.SimpleListFilter):
    """The tags by name; of very many, the first, and the one that is chosen. Any other is found by the search."""

    title = "tag"
    parameter_name = "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The name is also the value."""
        chosen = request.GET.get(self.parameter_name)
        names = Tag.objects.order_by("name").values_list("name", flat=True)[:_IN_A_FILTER]
        return [(name, name) for name in dict.fromkeys([*([chosen] if chosen else []), *names])]

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[Part]) -> QuerySet[Part]:
        if self.value() is None:
            return queryset
        return queryset.filter(pk__in=Part.tags.through.objects.filter(tag__name=self.value()).values("part"))


class PartChangeList(OwnerChangeList):
    """A list with the columns that apps above fill."""

    def prepare(self, rows: list[Any]) -> list[Any]:
        """With pictures, counts and these columns."""
        ids = [part.pk for part in rows]
        loaded = {column.name: column.load(ids) for column in panels.columns()}
        for part in rows:
            part.columns_from_above = {name: values.get(part.pk, "") for name, values in loaded.items()}
        return super().prepare(rows)


def _display(column: panels.Column) -> Any:
    def show(part: Any) -> Any:
        return part.columns_from_above[column.name]

    show.short_description = column.label  # type: ignore[attr-defined]
    show.__name__ = column.name
    return show


@admin.register(Part)
class PartAdmin(ExchangeAdmin, AttachmentOwnerAdmin):
    """Parts with their attachments."""

    resource_classes = [PartResource]
    import_permissions = ("parts.add_part", "parts.change_part")
    list_display = ("cover", "key", "summary", "type", "tag_names", "files")
    list_display_links = ("cover", "key")
    list_filter = (("type", TypeFilter), TagFilter, PictureFilter, DocumentFilter, ("created_at", AddedFilter))
    search_fields = ("key",)
    search_help_text = "Key, manufacturer code, description, manufacturer, tag, type, file name or SHA-256"
    autocomplete_fields = ("type", "tags")
    formfield_overrides = {models.TextField: {"widget": AdminTextareaWidget(attrs={"rows": 3})}}
    change_form_template = "admin/parts/part/change_form.html"
    readonly_fields = ("key", "created_at", "updated_at")
    ordering = ("-id",)
    fieldsets = (
        (
            None,
            {"fields": (("key", "type"), "description", ("manufacturer", "manufacturer_code"), "tags", "product_page")},
        ),
        (
            "Properties",
            {
                "classes": ("collapse",),
                "fields": (
                    ("package", "mounting_type"),
                    ("pin_count", "pin_pitch"),
                    ("voltage_rating", "input_voltage", "output_voltage"),
                    ("series", "dimensions"),
                ),
            },
        ),
        ("History", {"classes": ("collapse",), "fields": (("created_at", "updated_at"),)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Part]:
        """With all that a row shows, in a constant number of queries."""
        return Part.objects.for_admin().order_by(*self.get_ordering(request))

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """With the columns that apps above fill, before the files."""
        *before, files = super().get_list_display(request)
        return [*before, *(_display(column) for column in panels.columns()), files]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        """With the filters of apps above, first."""
        return [*panels.filters(), *super().get_list_filter(request)]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """With the actions of apps above."""
        found = super().get_actions(request)
        for action in panels.actions():
            found[action.__name__] = (action, action.__name__, action.short_description)
        return found

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[OwnerChangeList]:
        """The list that knows those columns."""
        return PartChangeList

    def get_fieldsets(self, request: HttpRequest, obj: Part | None = None) -> Any:
        """For a new part, without what it does not have yet."""
        if obj is not None:
            return super().get_fieldsets(request, obj)
        (_, first), properties, _ = self.fieldsets
        return [(None, {**first, "fields": ("description", "type", *first["fields"][2:])}), properties]

    def get_form(self, request: HttpRequest, obj: Part | None = None, change: bool = False, **kwargs: Any) -> Any:
        """A new part begins with its description."""
        form = super().get_form(request, obj, change, **kwargs)
        if not change and "description" in form.base_fields:
            form.base_fields["description"].widget.attrs["autofocus"] = True
        return form

    @override
    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.duplicate_view))
        return [path("<int:part_id>/duplicate/", view, name="parts_part_duplicate"), *super().get_urls()]

    def duplicate_view(self, request: HttpRequest, part_id: int) -> HttpResponse:
        """Duplicate the part, and go on with the new one."""
        part = get_object_or_404(Part, pk=part_id)
        if not self.has_add_permission(request) or not self.has_attach_permission(request):
            raise PermissionDenied
        try:
            copy = services.duplicate_part(part)
        except InventoryError as error:
            messages.error(request, str(error))
            return redirect("admin:parts_part_change", part.pk)
        messages.success(request, f"This is the duplicate of {part.key}, under its own key {copy.key}.")
        return redirect("admin:parts_part_change", copy.pk)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """With what the page's buttons need to know."""
        part = context.get("original")
        context["panels"] = panels.rendered(request, part) if part is not None else []
        context["may_duplicate"] = self.has_add_permission(request) and self.has_attach_permission(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def url_after_add(self, request: HttpRequest, obj: Part, url: str) -> str:
        """“Save and add another” keeps the type: whoever takes stock has a drawer of the same kind before them."""
        if "_addanother" not in request.POST:
            return url
        return f"{urlsplit(url).path}{f'?type={obj.type_id}' if obj.type_id else ''}"

    @override
    def save_model(self, request: HttpRequest, obj: Part, form: Any, change: bool) -> None:
        names = [*form.changed_data] if change else [*form.cleaned_data]
        fields = {name: form.cleaned_data[name] for name in names}
        tags = fields.pop("tags", None)
        tag_names = None if tags is None else [tag.name for tag in tags]
        if change:
            # The form has put the new values into `obj`; the service compares with those of before.
            become(obj, services.update_part(Part.objects.get(pk=obj.pk), tags=tag_names, **fields))
        else:
            become(obj, services.create_part(tags=tag_names or (), **fields))
        # The service has saved the tags.
        form.save_m2m = lambda: None

    @override
    def delete_model(self, request: HttpRequest, obj: Part) -> None:
        services.delete_part(obj)

    @override
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Part]) -> None:
        for part in queryset.order_by("pk"):
            services.delete_part(part)

    @admin.display(description="Description", ordering="description")
    def summary(self, part: Part) -> SafeString:
        """The manufacturer code, and the beginning of the description."""
        text = part.description if len(part.description) <= 80 else f"{part.description[:79]}…"
        return format_html("<b>{}</b> {}", part.manufacturer_code or "", text)

    @admin.display(description="Tags")
    def tag_names(self, part: Part) -> str:
        """By name."""
        return ", ".join(tag.name for tag in part.tags.all())


class NamedAdmin(ServiceErrorsMixin, CappedListAdmin):
    """Rows that are little more than a name."""

    list_display = ("name", "part_total")
    search_fields = ("name",)
    ordering = ("name",)

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model.objects.with_part_count().order_by(*self.get_ordering(request))
        return rows

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By the rules of the search."""
        if not search_term.strip():
            return queryset, False
        names = self.model.objects.values_list("pk", "name")
        return queryset.filter(pk__in=search.hits_by_name(names, search_term[:LONGEST_QUERY])), False

    @admin.display(description="Parts", ordering="part_count")
    def part_total(self, row: Any) -> int:
        """How many have it."""
        return int(row.part_count)


@admin.register(PartType)
class PartTypeAdmin(NamedAdmin):
    """Part types."""

    @override
    def save_model(self, request: HttpRequest, obj: PartType, form: Any, change: bool) -> None:
        if change:
            services.rename_type(obj, name=obj.name)
        else:
            become(obj, services.create_type(name=obj.name))

    @override
    def delete_model(self, request: HttpRequest, obj: PartType) -> None:
        services.delete_type(obj)

    @override
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[PartType]) -> None:
        for part_type in queryset.order_by("pk"):
            services.delete_type(part_type)


@admin.register(Tag)
class TagAdmin(NamedAdmin):
    """Tags."""

    @override
    def save_model(self, request: HttpRequest, obj: Tag, form: Any, change: bool) -> None:
        if change:
            services.rename_tag(obj, name=obj.name)
        else:
            super().save_model(request, obj, form, change)
