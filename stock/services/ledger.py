"""One change of stock: the locks, the rows and the line in the ledger, in one transaction."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import structlog
from django.db import transaction
from django.db.models import Q

from core.errors import NotFoundError
from core.history.recording import LOCAL_USER
from core.prepared import PreparedQuery
from parts.models import Part
from stock.errors import InsufficientStockError, NoSuchLocationError, QuantityTooLargeError
from stock.limits import MAX_QUANTITY
from stock.models import Box, Location, Movement, Stock
from stock.services.causes import Cause

logger = structlog.get_logger(__name__)

_TEXT_LENGTH = 255

_LOCKED_PART: PreparedQuery[Part] = PreparedQuery(
    lambda pk: Part.objects.select_for_update(of=("self",), no_key=True).only("key", "description").filter(pk=pk)
)
_STOCK: PreparedQuery[Stock] = PreparedQuery(
    lambda part_id, location_id: Stock.objects.filter(part=part_id, location=location_id)
)


class Place(NamedTuple):
    """A place by its numbers."""

    box_no: int
    loc_no: int

    def __str__(self) -> str:
        return f"{self.box_no}-{self.loc_no}"


def lock_part(part_id: int) -> Part:
    """The part as it is now, locked, with what the ledger says of it. Raises NotFoundError when it is gone."""
    part = _LOCKED_PART.first(part_id)
    if part is None:
        raise NotFoundError("This part was deleted.")
    return part


def lock_places(places: Iterable[Place]) -> list[Location]:
    """The locations of the places, in their order, with their boxes, locked by ascending pk.

    Raises NoSuchLocationError.
    """
    wanted = list(places)
    which = Q()
    for place in wanted:
        which |= Q(box__number=place.box_no, number=place.loc_no)
    found = {Place(row.box.number, row.number): row for row in _locked(which)}
    for place in wanted:
        if place not in found:
            raise _no_such_location(place)
    return [found[place] for place in wanted]


def lock_locations(ids: Iterable[int]) -> dict[int, Location]:
    """Those of the locations that exist, by pk, with their boxes, locked by ascending pk."""
    return {row.pk: row for row in _locked(Q(pk__in=set(ids)))}


def lying(part: Part, location: Location) -> Stock | None:
    """What lies of the part in a locked place."""
    return _STOCK.first(part.pk, location.pk)


def put(part: Part, location: Location, quantity: int) -> int:
    """More pieces into a locked place; how many lie there now. Raises QuantityTooLargeError."""
    row = lying(part, location)
    total = quantity + (row.quantity if row else 0)
    if total > MAX_QUANTITY:
        raise QuantityTooLargeError
    if row is None:
        Stock.objects.create(part=part, location=location, quantity=total)
    else:
        row.quantity = total
        row.save(update_fields=["quantity", "updated_at"])
    return total


def take(part: Part, location: Location, quantity: int) -> None:
    """Fewer pieces in a locked place; the row goes with the last one. Raises InsufficientStockError."""
    row = lying(part, location)
    there = row.quantity if row else 0
    if row is None or there < quantity:
        raise InsufficientStockError(part.key, str(location), there=there, wanted=quantity)
    if there == quantity:
        row.delete()
    else:
        row.quantity = there - quantity
        row.save(update_fields=["quantity", "updated_at"])


def record(
    *,
    kind: str,
    part: Part,
    quantity: int,
    source: Location | None = None,
    target: Location | None = None,
    by: Any = None,
    cause: Cause,
    note: str = "",
    reverses: Movement | None = None,
) -> Movement:
    """The line in the ledger, logged once it is committed. Raises ValidationError."""
    movement = Movement(
        kind=kind,
        quantity=quantity,
        part=part,
        part_key=part.key,
        part_text=part.description[:_TEXT_LENGTH],
        from_location=source,
        from_box=source.box.number if source else None,
        from_loc=source.number if source else None,
        to_location=target,
        to_box=target.box.number if target else None,
        to_loc=target.number if target else None,
        reverses=reverses,
        user=by if by is not None and by.pk else None,
        user_name=by.get_username()[:_TEXT_LENGTH] if by is not None and by.pk else LOCAL_USER,
        source=cause.source,
        source_id=cause.source_id,
        source_text=cause.text,
        note=note.strip(),
    )
    if note or cause.text:
        # The rest is right by itself: copies of rows that are locked, and numbers that were checked.
        checked = {"note", "source", "source_text"}
        movement.clean_fields(exclude={field.name for field in Movement._meta.fields} - checked)
    movement.save()
    transaction.on_commit(lambda: _log(movement))
    return movement


def _log(movement: Movement) -> None:
    logger.info(
        "stock_moved", movement=movement.pk, kind=movement.kind, part=movement.part_key, quantity=movement.quantity
    )


def _locked(which: Q) -> Iterable[Location]:
    # A row that was deleted while this waited is left out.
    rows = Location.objects.select_for_update(of=("self",), no_key=True).select_related("box")
    return rows.filter(which).order_by("pk")


def _no_such_location(place: Place) -> NoSuchLocationError:
    capacity = Box.objects.filter(number=place.box_no).values_list("capacity", flat=True).first()
    return NoSuchLocationError(place.box_no, place.loc_no, capacity)
