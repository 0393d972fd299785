"""The columns of parts that the stock fills."""

from collections.abc import Sequence
from operator import itemgetter

from django.db.models import F

from stock.models import Stock
from stock.querysets import pieces_of_part

# How many there are of the part, and its minimum or None.
COMPUTED = {"total_quantity": pieces_of_part(), "minimum_quantity": F("minimum__quantity")}


def locations(parts: Sequence[int]) -> dict[int, list[dict[str, int]]]:
    """Where each of the parts with these ids lies, by place, in one query."""
    places: dict[int, list[dict[str, int]]] = {part: [] for part in parts}
    columns = ("part", "location__box__number", "location__number", "quantity")
    for part, box_no, loc_no, quantity in Stock.objects.order_by().filter(part__in=parts).values_list(*columns):
        places[part].append({"box_no": box_no, "loc_no": loc_no, "qty": quantity})
    for found in places.values():
        found.sort(key=itemgetter("box_no", "loc_no"))
    return places
