"""The columns of parts that the stock fills, all of them in one query."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from parts.models import Part

COLUMNS = ("total_quantity", "minimum_quantity", "locations")


def stock_columns(parts: Sequence[int]) -> dict[str, dict[int, Any]]:
    """How many there are of each of the parts with these ids, its minimum or None, and where it lies, by place."""
    totals = dict.fromkeys(parts, 0)
    minimums: dict[int, int | None] = dict.fromkeys(parts)
    places: dict[int, list[dict[str, int]]] = {part: [] for part in parts}
    for part, minimum, box_no, loc_no, quantity in _rows(parts):
        minimums[part] = minimum
        # Of what lies nowhere there is one row, without a place.
        if quantity is not None:
            totals[part] += quantity
            places[part].append({"box_no": box_no, "loc_no": loc_no, "qty": quantity})
    for found in places.values():
        found.sort(key=itemgetter("box_no", "loc_no"))
    return {"total_quantity": totals, "minimum_quantity": minimums, "locations": places}


def _rows(parts: Sequence[int]) -> Any:
    """Part, minimum, box, place and quantity, in any order."""
    lies = ("stock__location__box__number", "stock__location__number", "stock__quantity")
    return Part.objects.order_by().filter(pk__in=parts).values_list("pk", "minimum__quantity", *lies)
