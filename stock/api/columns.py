"""The columns of parts that the stock fills."""

from collections.abc import Sequence

from django.db.models import F

from stock import services
from stock.querysets import pieces_of_part

# How many there are of the part, and its minimum or None.
COMPUTED = {"total_quantity": pieces_of_part(), "minimum_quantity": F("minimum__quantity")}


def locations(parts: Sequence[int]) -> dict[int, list[dict[str, int]]]:
    """Where each of the parts with these ids lies, by place, in one query."""
    return {
        part: [{"box_no": box_no, "loc_no": loc_no, "qty": quantity} for box_no, loc_no, quantity in places]
        for part, places in services.places(parts).items()
    }
