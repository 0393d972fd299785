"""What the list of parts shows of the stock."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Exists, F, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from parts.models import Part
from parts.panels import Column
from stock.low_stock import low_stock, with_total
from stock.models import Minimum, Stock
from stock.services import totals


def _load(parts: Sequence[int]) -> dict[int, SafeString]:
    minimums = dict(Minimum.objects.filter(part__in=parts).values_list("part_id", "quantity"))
    shown = {}
    for part, total in totals(parts).items():
        minimum = minimums.get(part)
        if minimum is not None and total <= minimum:
            shown[part] = format_html('<span class="stock-low" title="Minimum {}">{} ↓</span>', minimum, f"{total:,}")
        else:
            shown[part] = format_html("{}", f"{total:,}")
    return shown


STOCK_COLUMN = Column(name="stock", label="Stock", load=_load)


class StockFilter(admin.SimpleListFilter):
    """By how many there are."""

    title = "stock"
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What can be chosen."""
        return [
            ("in", "In stock"),
            ("out", "Out of stock"),
            ("below", "Below minimum"),
            ("low", "Low, with or without a minimum"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Part]) -> QuerySet[Part]:
        """The parts to which this applies."""
        has_some = Exists(Stock.objects.filter(part=OuterRef("pk")))
        match self.value():
            case "in":
                return queryset.filter(has_some)
            case "out":
                return queryset.filter(~has_some)
            case "below":
                return with_total(queryset).filter(minimum__quantity__gte=F("total"))
            case "low":
                return low_stock(queryset)
        return queryset
