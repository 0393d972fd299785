"""Taking a movement back, by its mirror."""

from typing import Any

from django.db import transaction

from core.errors import NotFoundError
from stock.errors import AlreadyReversedError, IsReversalError, LocationGoneError, NotByHandError
from stock.models import Kind, Location, Movement
from stock.services.causes import Cause
from stock.services.ledger import lock_locations, lock_part, put, record, take


def reverse(movement_id: int, *, by: Any = None, note: str = "", owner: bool = False) -> Movement:
    """Take the movement back, with all its pieces; a pick becomes a return, anything else a correction.

    `owner` says that the caller owns the row that stands on the movement, and undoes that too. Raises ValidationError,
    NotFoundError, AlreadyReversedError, IsReversalError, NotByHandError, LocationGoneError, InsufficientStockError,
    QuantityTooLargeError.
    """
    with transaction.atomic():
        original = _movement(movement_id)
        if original.reverses_id is not None:
            raise IsReversalError
        if original.part_id is None:
            raise NotFoundError(f"Part {original.part_key} was deleted.")
        part = lock_part(original.part_id)
        locked = lock_locations(pk for pk in (original.from_location_id, original.to_location_id) if pk is not None)
        # Once more under the locks: of two who take it back at the same moment, the second has to see the first.
        original = _movement(movement_id)
        reversal = Movement.objects.filter(reverses=original).first()
        if reversal is not None:
            raise AlreadyReversedError(reversal.pk)
        if not owner and stands_on(original):
            raise NotByHandError(_cause(original))
        back_to = _still_there(locked, original.from_location_id, original.from_place)
        out_of = _still_there(locked, original.to_location_id, original.to_place)
        if out_of is not None:
            take(part, out_of, original.quantity)
        if back_to is not None:
            put(part, back_to, original.quantity)
        return record(
            kind=Kind.RETURN if original.kind == Kind.PICK else Kind.CORRECT,
            part=part,
            quantity=original.quantity,
            source=out_of,
            target=back_to,
            by=by,
            cause=Cause(original.source, original.source_id, original.source_text),
            note=note,
            reverses=original,
        )


def stands_on(movement: Movement) -> bool:
    """Whether a row of another table refers to the movement, such as the receipt of a delivery."""
    others = [relation for relation in Movement._meta.related_objects if relation.related_model is not Movement]
    return any(
        relation.related_model._base_manager.filter(**{relation.field.name: movement}).exists() for relation in others
    )


def _movement(movement_id: int) -> Movement:
    found = Movement.objects.filter(pk=movement_id).first()
    if found is None:
        raise NotFoundError("There is no such movement.")
    return found


def _cause(movement: Movement) -> str:
    return movement.source_text or f"{movement.get_source_display()} {movement.source_id}"


def _still_there(locked: dict[int, Location], location_id: int | None, place: str) -> Location | None:
    """The location of a side, None for a side that the movement does not have."""
    if not place:
        return None
    if location_id is None or location_id not in locked:
        raise LocationGoneError(place)
    return locked[location_id]
