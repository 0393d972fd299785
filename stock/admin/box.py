"""Boxes in the admin: a list of how full they are, and each as a cabinet of drawers."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import path

from core import search
from core.admin.exchange import ExchangeAdmin
from core.admin.lists import LONGEST_QUERY, CappedListAdmin
from core.admin.service_errors import ServiceErrorsMixin, become
from parts.models import Part
from stock import services
from stock.admin.cabinet import drawers
from stock.admin.labels import label_url, labels_view, print_labels, print_place_labels
from stock.admin.place import place_view
from stock.exchange import BoxResource
from stock.models import Box, Stock

_LISTED_ON_DELETE = 200


class FullnessFilter(admin.SimpleListFilter):
    """Full or empty boxes."""

    title = "room"
    parameter_name = "room"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What can be chosen."""
        return [("full", "Full"), ("room", "With empty places"), ("empty", "Empty")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """The boxes to which this applies."""
        match self.value():
            case "full":
                return queryset.filter(occupied__gte=F("capacity"))
            case "room":
                return queryset.filter(occupied__lt=F("capacity"))
            case "empty":
                return queryset.filter(occupied=0)
        return queryset


@admin.register(Box)
class BoxAdmin(ExchangeAdmin, ServiceErrorsMixin, CappedListAdmin):
    """Boxes. Their page shows the places, and a click puts something in."""

    resource_classes = [BoxResource]
    import_permissions = ("stock.add_box", "stock.change_box")
    change_form_template = "admin/stock/box/change_form.html"
    list_display = ("number", "description", "used", "pieces")
    list_display_links = ("number", "description")
    list_filter = (FullnessFilter,)
    search_fields = ("number",)
    search_help_text = "Number, description, or words of a part that lies there"
    fields = ("number", "description", "capacity")
    ordering = ("number",)
    actions = (print_labels, print_place_labels)

    class Media:
        css = {"all": ["stock/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Box]:
        """With what is in them."""
        return Box.objects.with_usage()

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By number and description, or by a part that lies there."""
        words = search_term[:LONGEST_QUERY]
        if not words.strip():
            return queryset, False
        named = search.hits_by_name(Box.objects.values_list("pk", "number", "description"), words)
        holds = Stock.objects.filter(location__box=OuterRef("pk"), part__in=search.hits(Part, words))
        return queryset.filter(Q(pk__in=named) | Exists(holds)), False

    def get_urls(self) -> list[Any]:
        """With the pages of places and labels."""
        wrap = self.admin_site.admin_view
        return [
            path("labels/", wrap(labels_view), name="stock_box_labels"),
            path("<int:box_no>/place/<int:loc_no>/", wrap(place_view), name="stock_box_place"),
            *super().get_urls(),
        ]

    def get_form(self, request: HttpRequest, obj: Box | None = None, change: bool = False, **kwargs: Any) -> Any:
        """A new box may go without a number."""
        form = super().get_form(request, obj, change=change, **kwargs)
        if not change and "number" in form.base_fields:
            form.base_fields["number"].required = False
            form.base_fields["number"].help_text = "Blank for the next free one."
            form.base_fields["description"].widget.attrs["autofocus"] = True
        return form

    def save_model(self, request: HttpRequest, obj: Box, form: Any, change: bool) -> None:
        """Through the services."""
        fields: dict[str, Any] = {"description": obj.description, "capacity": obj.capacity}
        if not change:
            made = services.create_box(number=form.cleaned_data["number"], **fields)
            become(obj, made)
            return
        before = Box.objects.values_list("number", flat=True).get(pk=obj.pk)
        if obj.number != before:
            services.renumber_box(before, obj.number)
        services.change_box(obj.number, **fields)

    def delete_model(self, request: HttpRequest, obj: Box) -> None:
        """Through the service."""
        services.delete_box(obj.number)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Box]) -> None:
        """Through the service: all of them, or none."""
        for number in queryset.order_by("number").values_list("number", flat=True):
            services.delete_box(number)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """What lies in the boxes keeps them from being deleted. Their places are counted, not listed."""
        boxes = list(objs)
        stock = Stock.objects.filter(location__box__in=[box.pk for box in boxes]).by_place().select_related("part")
        protected = [f"{row} ({row.part.key})" for row in stock[:_LISTED_ON_DELETE]]
        counts = {"boxes": len(boxes), "places": sum(box.capacity for box in boxes)}
        named: list[Any] = [f"Box {box.number} with {box.capacity} places: {box.description}" for box in boxes]
        needed = set() if self.has_delete_permission(request) else {"box"}
        return named, counts, needed, protected

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """With the drawers."""
        box = context.get("original")
        if box is not None:
            context["drawers"] = drawers(box)
            context["label_url"] = label_url("box", [str(box.number)])
            context["place_label_url"] = label_url("places", [str(box.number)])
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="Used", ordering="occupied")
    def used(self, box: Any) -> str:
        """Places with something in them, of all."""
        return f"{box.occupied} of {box.capacity}"

    @admin.display(description="Pieces", ordering="pieces")
    def pieces(self, box: Any) -> str:
        """Of all parts together."""
        return f"{box.pieces:,}"
