"""What the start page says of the stock. What takes long is counted rarely, as all counts there."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, ExpressionWrapper, F, FloatField, Sum
from django.http import HttpRequest
from django.utils import timezone

from attachments.admin.lists import add_pictures
from inventory.counts import counted_rarely
from parts.models import Part
from stock.low_stock import low_stock, with_total
from stock.models import Box, Movement, Stock

_LOW = 20
_MOVEMENTS = 20
_BOXES = 5


@dataclass(frozen=True)
class StockCounts:
    """Numbers of pieces, boxes, movements of the last days and parts that run low; the first of the latter."""

    pieces: int
    boxes: int
    week: int
    month: int
    low: int
    lowest: tuple[int, ...]
    fullest: tuple[int, ...]


def stock_page(request: HttpRequest) -> dict[str, Any]:
    """The context; of each thing only what this person may see."""
    counts = counted_rarely("inventory-stock-counts", StockCounts, _count)
    context: dict[str, Any] = {"stock": counts}
    if request.user.has_perm("parts.view_part"):
        parts = with_total(Part.objects.filter(pk__in=counts.lowest)).select_related(
            "attachment_set__cover_attachment", "minimum"
        )
        context["low_stock"] = add_pictures(sorted(parts, key=lambda part: (part.total, part.key)))
    if request.user.has_perm("stock.view_box"):
        boxes: Any = Box.objects.filter(pk__in=counts.fullest).with_usage()
        context["fullest_boxes"] = boxes.order_by("-occupied", "number")
    if request.user.has_perm("stock.view_movement"):
        context["movements"] = Movement.objects.newest_first()[:_MOVEMENTS]
    return context


def _count() -> StockCounts:
    now = timezone.now()
    low: Any = low_stock()
    boxes: Any = Box.objects.with_usage()
    share = ExpressionWrapper(F("occupied") * 1.0 / F("capacity"), output_field=FloatField())
    fullest = boxes.filter(occupied__gt=0).annotate(share=share).order_by("-share", "number")
    lately = Movement.objects.filter(created_at__gte=now - timedelta(days=30)).aggregate(n=Count("pk"))["n"]
    week = Movement.objects.filter(created_at__gte=now - timedelta(days=7)).aggregate(n=Count("pk"))["n"]
    return StockCounts(
        pieces=Stock.objects.aggregate(n=Sum("quantity", default=0))["n"],
        boxes=Box.objects.count(),
        week=week,
        month=lately,
        low=low.count(),
        lowest=tuple(low.order_by("total", "key").values_list("pk", flat=True)[:_LOW]),
        fullest=tuple(fullest.values_list("pk", flat=True)[:_BOXES]),
    )
