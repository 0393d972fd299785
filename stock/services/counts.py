"""Counting what lies in a place, as in stocktaking."""

from typing import Any

from django.db import transaction

from parts.models import Part
from stock.models import Kind, Movement
from stock.services.causes import BY_HAND
from stock.services.ledger import Place, lock_part, lock_places, lying, put, record, take
from stock.services.numbers import check_number, check_quantity


def count(*, part: Part, box_no: int, loc_no: int, quantity: int, by: Any = None, note: str = "") -> Movement | None:
    """So many pieces lie there: put in or take out the difference. None when there is none.

    Raises ValidationError, NotFoundError when the part is gone, NoSuchLocationError.
    """
    check_number(box_no, "box_no")
    check_number(loc_no, "loc_no")
    check_quantity(quantity, "quantity", lowest=0)
    with transaction.atomic():
        locked = lock_part(part.pk)
        [location] = lock_places([Place(box_no, loc_no)])
        row = lying(locked, location)
        difference = quantity - (row.quantity if row else 0)
        if difference == 0:
            return None
        if difference > 0:
            put(locked, location, difference)
            return record(
                kind=Kind.ADD, part=locked, quantity=difference, target=location, by=by, cause=BY_HAND, note=note
            )
        take(locked, location, -difference)
        return record(
            kind=Kind.REMOVE, part=locked, quantity=-difference, source=location, by=by, cause=BY_HAND, note=note
        )
