"""What lies where, as one list: to look at, and to count by a table."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from typing_extensions import override

from core import search
from core.admin.exchange import ExchangeAdmin
from core.admin.lists import LONGEST_QUERY, CappedListAdmin
from core.admin.readonly import ReadOnlyAdmin
from parts.models import Part
from stock.exchange import StockResource
from stock.models import Stock


@admin.register(Stock)
class StockAdmin(ExchangeAdmin, ReadOnlyAdmin[Stock], CappedListAdmin):
    """Every part in every place, read-only."""

    resource_classes = [StockResource]
    import_permissions = ("stock.add_movement",)
    list_display = ("place", "part_link", "what", "quantity", "updated_at")
    list_display_links = None
    search_fields = ("part__key",)
    search_help_text = "Words of a part"
    ordering = ("location__box__number", "location__number")

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Stock]:
        return Stock.objects.select_related("part", "location__box")

    @override
    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        words = search_term[:LONGEST_QUERY]
        return queryset.filter(part__in=search.hits(Part, words)) if words.strip() else queryset, False

    @admin.display(description="Place", ordering="location__box__number")
    def place(self, stock: Stock) -> SafeString:
        """As a link."""
        url = reverse("admin:stock_box_place", args=[stock.location.box.number, stock.location.number])
        return format_html('<a href="{}">{}</a>', url, stock.location)

    @admin.display(description="Part", ordering="part__key")
    def part_link(self, stock: Stock) -> SafeString:
        """As a link."""
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:parts_part_change", args=[stock.part_id]), stock.part.key
        )

    @admin.display(description="What")
    def what(self, stock: Stock) -> str:
        """The code, or the beginning of the description."""
        return stock.part.manufacturer_code or stock.part.description[:80]
