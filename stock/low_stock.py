"""Which parts run low."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from parts.models import Part
from stock.models import Movement
from stock.querysets import pieces_of_part

# The ids of parts that somebody above needs, as a queryset of one column.
Need = Callable[[], QuerySet[Any, Any]]

_NEEDS: list[Need] = []


def register_need(need: Need) -> None:
    """Let these parts count as low without a minimum of their own. Call it in an app's `ready()`."""
    _NEEDS.append(need)


def with_total(parts: QuerySet[Part]) -> QuerySet[Part]:
    """The parts, annotated with `total`: how many pieces there are."""
    return parts.annotate(total=pieces_of_part())


def low_stock(parts: QuerySet[Part] | None = None) -> QuerySet[Part]:
    """Those of the parts (all, unless given) that run low, annotated with `total`.

    A part with a minimum is low at so many pieces and fewer. One without is low at `LOW_STOCK` and fewer, when it ever
    had stock or somebody above needs it. None at all is low too.
    """
    wanted = Q(Exists(Movement.objects.filter(part=OuterRef("pk"))))
    for need in _NEEDS:
        wanted |= Q(pk__in=need())
    candidates = with_total(Part.objects.all() if parts is None else parts)
    return candidates.filter(
        Q(minimum__quantity__gte=F("total")) | Q(minimum__isnull=True, total__lte=settings.LOW_STOCK) & wanted
    )
