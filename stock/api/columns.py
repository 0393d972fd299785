"""The columns of parts that the stock fills."""

from collections.abc import Sequence
from typing import Any

from stock.models import Minimum
from stock.services.totals import places


def minimums_of(parts: Sequence[int]) -> dict[int, int | None]:
    """The minimum of each of the parts with these ids, or None."""
    found = dict(Minimum.objects.filter(part__in=parts).values_list("part_id", "quantity"))
    return {part: found.get(part) for part in parts}


def places_of(parts: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Where each of the parts with these ids lies, by box and place."""
    return {
        part: [{"box_no": place.box_no, "loc_no": place.loc_no, "qty": place.quantity} for place in found]
        for part, found in places(parts).items()
    }
