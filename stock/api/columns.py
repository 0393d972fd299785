"""The columns of parts that the stock fills, all of them in one query."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Value

from stock.models import Minimum, Stock

COLUMNS = ("total_quantity", "minimum_quantity", "locations")


def stock_columns(parts: Sequence[int]) -> dict[str, dict[int, Any]]:
    """How many there are of each of the parts with these ids, its minimum or None, and where it lies, by place."""
    totals = dict.fromkeys(parts, 0)
    minimums: dict[int, int | None] = dict.fromkeys(parts)
    places: dict[int, list[dict[str, int]]] = {part: [] for part in parts}
    for part, box_no, loc_no, quantity in sorted(_rows(parts)):
        if not box_no:
            minimums[part] = quantity
            continue
        totals[part] += quantity
        places[part].append({"box_no": box_no, "loc_no": loc_no, "qty": quantity})
    return {"total_quantity": totals, "minimum_quantity": minimums, "locations": places}


def _rows(parts: Sequence[int]) -> Any:
    """Part, box, place and quantity; a minimum is in box 0, which no box is."""
    lies = Stock.objects.order_by().filter(part__in=parts)
    least = Minimum.objects.order_by().filter(part__in=parts)
    return lies.values_list("part_id", "location__box__number", "location__number", "quantity").union(
        least.values_list("part_id", Value(0), Value(0), "quantity"), all=True
    )
