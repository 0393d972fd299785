"""Where parts of a type could go."""

from django.db.models import Count

from core.errors import NotFoundError
from parts.models import PartType
from stock.models import Location, Stock
from stock.services.ledger import Place

SUGGESTED = 3


def suggest(type_id: int, count: int = SUGGESTED) -> list[Place]:
    """Empty places for a part of the type, the best first; none when everything is full. Raises NotFoundError.

    First those in the box in which most places hold parts of this type, of the boxes that have an empty one; then the
    lowest empty ones of all.
    """
    if not PartType.objects.filter(pk=type_id).exists():
        raise NotFoundError("There is no such type.")
    empty = Location.objects.empty()
    boxes = (
        Stock.objects.filter(part__type__id=type_id, location__box__in=empty.order_by().values("box"))
        .order_by()
        .values_list("location__box")
        .annotate(places=Count("location", distinct=True))
        .order_by("-places", "location__box__number")
        .values_list("location__box", flat=True)
    )
    by_place = empty.order_by("box__number", "number").values_list("box__number", "number")
    best = boxes.first()
    first = list(by_place.filter(box=best)[:count]) if best is not None else []
    if len(first) < count:
        first += [place for place in by_place[: count + len(first)] if place not in first]
    return [Place(*place) for place in first[:count]]
