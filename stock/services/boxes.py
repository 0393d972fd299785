"""Boxes: made, changed, renumbered, deleted."""

from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max, Q

from core.errors import NotFoundError
from stock.errors import BoxInUseError, DuplicateBoxError, LocationInUseError
from stock.ledger_locks import forget_places
from stock.limits import MAX_NUMBER
from stock.models import Box, Location, Movement, Stock

logger = structlog.get_logger(__name__)

# So many parts and places are named in a refusal.
_NAMED = 3


def create_box(*, description: str, capacity: int, number: int | None = None) -> Box:
    """A new box with its places, under the number, or one more than the highest that box or movement ever named.

    Raises ValidationError, DuplicateBoxError for a number that was given.
    """
    while True:
        box = Box(number=_free_number() if number is None else number, description=description, capacity=capacity)
        _check(box)
        try:
            with transaction.atomic():
                box.save(force_insert=True)
                _add_places(box, 1)
        except IntegrityError as error:
            if number is not None:
                raise DuplicateBoxError(number) from error
            # Somebody else drew the same number a moment ago: draw again. Anything else is the caller's to know.
            if not Box.objects.filter(number=box.number).exists():
                raise
            continue
        logger.info("box_created", box=box.number, places=box.capacity)
        return box


def change_box(number: int, *, description: str, capacity: int) -> Box:
    """Change both; places are added or taken away at the end.

    Raises ValidationError, NotFoundError, LocationInUseError.
    """
    with transaction.atomic():
        box = _locked(number)
        before = box.capacity
        box.description, box.capacity = description, capacity
        _check(box)
        if capacity < before:
            _take_places(box, capacity)
        box.save(update_fields=["description", "capacity", "updated_at"])
        if capacity > before:
            _add_places(box, before + 1)
    return box


def renumber_box(number: int, new_number: int) -> Box:
    """Give the box another number; the ledger keeps the old one.

    Raises ValidationError, NotFoundError, DuplicateBoxError.
    """
    with transaction.atomic():
        box = _locked(number)
        box.number = new_number
        _check(box)
        try:
            with transaction.atomic():
                box.save(update_fields=["number", "updated_at"])
        except IntegrityError as error:
            raise DuplicateBoxError(new_number) from error
    logger.info("box_renumbered", box=number, new_number=new_number)
    return box


def delete_box(number: int) -> None:
    """Delete the box with its places. Raises NotFoundError, BoxInUseError while something lies in it."""
    with transaction.atomic():
        box = _locked(number, going=True)
        going = _lock_going(Q(box=box))
        held = Stock.objects.filter(location__in=going)
        keys = list(held.order_by("part__key").values_list("part__key", flat=True).distinct()[: _NAMED + 1])
        if keys:
            raise BoxInUseError(number, keys[:_NAMED], held.order_by().values("part").distinct().count())
        forget_places(going)
        box.delete()
    logger.info("box_deleted", box=number)


def _free_number() -> int:
    highest = [
        Box.objects.aggregate(n=Max("number"))["n"],
        *Movement.objects.aggregate(a=Max("from_box"), b=Max("to_box")).values(),
    ]
    return max(number or 0 for number in highest) + 1


def _locked(number: int, *, going: bool = False) -> Box:
    box = Box.objects.select_for_update(no_key=not going).filter(number=number).first()
    if box is None:
        raise NotFoundError("There is no such box.")
    return box


def _check(box: Box) -> None:
    if isinstance(box.number, int) and box.number > MAX_NUMBER:
        raise ValidationError({"number": [f"Must be at most {MAX_NUMBER}."]})
    box.clean_fields()


def _add_places(box: Box, first: int) -> None:
    Location.objects.bulk_create(Location(box=box, number=number) for number in range(first, box.capacity + 1))


def _take_places(box: Box, capacity: int) -> None:
    going = _lock_going(Q(box=box, number__gt=capacity))
    held = Stock.objects.filter(location__in=going)
    first = held.order_by("location__number", "part__key").values_list("location__number", "part__key")[:_NAMED]
    if first:
        texts = [f"{box.number}-{loc_no} holds {key}" for loc_no, key in first]
        raise LocationInUseError(box.number, capacity, texts, held.count())
    forget_places(going)
    Location.objects.filter(pk__in=going).delete()


def _lock_going(which: Q) -> list[int]:
    """The places that are to go, locked. Whoever puts something in waits, and then finds no place."""
    rows: Any = Location.objects.select_for_update().filter(which).order_by("pk")
    return list(rows.values_list("pk", flat=True))
