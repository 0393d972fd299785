"""Pieces in, out, and from place to place."""

from typing import Any

from django.db import transaction

from parts.models import Part
from stock.errors import SamePlaceError
from stock.models import Kind, Movement
from stock.services.causes import BY_HAND, Cause
from stock.services.ledger import Place, lock_part, lock_places, put, record, take
from stock.services.numbers import check_number, check_quantity


def add(
    *,
    part: Part,
    box_no: int,
    loc_no: int,
    quantity: int,
    by: Any = None,
    kind: str = Kind.ADD,
    cause: Cause = BY_HAND,
    note: str = "",
) -> Movement:
    """Put pieces into a place. `there` of the movement says how many lie there now.

    Raises ValidationError, NotFoundError when the part is gone, NoSuchLocationError, QuantityTooLargeError.
    """
    place = _checked(box_no, loc_no, quantity)
    with transaction.atomic():
        locked = lock_part(part.pk)
        [location] = lock_places([place])
        there = put(locked, location, quantity)
        movement = record(kind=kind, part=locked, quantity=quantity, target=location, by=by, cause=cause, note=note)
    movement.there = there
    return movement


def remove(
    *,
    part: Part,
    box_no: int,
    loc_no: int,
    quantity: int,
    by: Any = None,
    kind: str = Kind.REMOVE,
    cause: Cause = BY_HAND,
    note: str = "",
) -> Movement:
    """Take pieces out of a place.

    Raises ValidationError, NotFoundError when the part is gone, NoSuchLocationError, InsufficientStockError.
    """
    place = _checked(box_no, loc_no, quantity)
    with transaction.atomic():
        locked = lock_part(part.pk)
        [location] = lock_places([place])
        take(locked, location, quantity)
        return record(kind=kind, part=locked, quantity=quantity, source=location, by=by, cause=cause, note=note)


def move(
    *,
    part: Part,
    from_box_no: int,
    from_loc_no: int,
    to_box_no: int,
    to_loc_no: int,
    quantity: int,
    by: Any = None,
    note: str = "",
) -> Movement:
    """Take pieces from one place to another, as one movement.

    Raises ValidationError, NotFoundError when the part is gone, SamePlaceError, NoSuchLocationError,
    InsufficientStockError, QuantityTooLargeError.
    """
    check_number(from_box_no, "from_box_no")
    check_number(from_loc_no, "from_loc_no")
    check_number(to_box_no, "to_box_no")
    check_number(to_loc_no, "to_loc_no")
    check_quantity(quantity)
    source, target = Place(from_box_no, from_loc_no), Place(to_box_no, to_loc_no)
    if source == target:
        raise SamePlaceError(str(source))
    with transaction.atomic():
        locked = lock_part(part.pk)
        start, end = lock_places([source, target])
        take(locked, start, quantity)
        put(locked, end, quantity)
        return record(
            kind=Kind.MOVE,
            part=locked,
            quantity=quantity,
            source=start,
            target=end,
            by=by,
            cause=BY_HAND,
            note=note,
        )


def _checked(box_no: int, loc_no: int, quantity: int) -> Place:
    check_number(box_no, "box_no")
    check_number(loc_no, "loc_no")
    check_quantity(quantity)
    return Place(box_no, loc_no)
