"""How many there are, and where: for any number of parts in one query each."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import Sum

from core.prepared import PreparedBatch
from stock.models import Stock


class PlaceQuantity(NamedTuple):
    """So many pieces in a place."""

    box_no: int
    loc_no: int
    quantity: int

    @property
    def name(self) -> str:
        """What is written on the place."""
        return f"{self.box_no}-{self.loc_no}"


def totals(parts: Sequence[int]) -> dict[int, int]:
    """The number of pieces of each of the parts with these ids, 0 included."""
    rows = Stock.objects.filter(part__in=parts).order_by().values_list("part").annotate(total=Sum("quantity"))
    return dict.fromkeys(parts, 0) | dict(rows)


def places(parts: Sequence[int]) -> dict[int, list[PlaceQuantity]]:
    """Where each of the parts with these ids lies, by box and place."""
    found: dict[int, list[PlaceQuantity]] = {part: [] for part in parts}
    for row in _PLACES(parts):
        place = PlaceQuantity(row["location__box__number"], row["location__number"], row["quantity"])
        found[row["part_id"]].append(place)
    return found


def _places(*parts: Any) -> Any:
    rows = Stock.objects.filter(part__pk__in=parts).order_by("location__box__number", "location__number")
    return rows.values("part_id", "location__box__number", "location__number", "quantity")


_PLACES: PreparedBatch[dict[str, Any]] = PreparedBatch(_places)
