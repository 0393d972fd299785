"""Ways to break the code that the proof has to notice. Each changes the process that calls it, for good."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from stock.models import Kind, Location, Movement, Stock
from stock.services import boxes, ledger, quantities, reversals
from stock.services.causes import BY_HAND

_select_for_update = QuerySet.select_for_update


def _without_locks_of(*labels: str) -> None:
    def unlocked(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.model._meta.label in labels:
            return self.all()
        return _select_for_update(self, *args, **kwargs)

    QuerySet.select_for_update = unlocked  # type: ignore[method-assign]


def part_lock_left_out() -> None:
    """Nobody locks the part."""
    _without_locks_of("parts.Part")


def place_lock_left_out() -> None:
    """Nobody locks the places."""
    _without_locks_of("stock.Location")


def all_locks_left_out() -> None:
    """Nobody locks anything."""
    _without_locks_of("parts.Part", "stock.Location", "stock.Box", "stock.Movement")


def stock_read_before_the_lock() -> None:
    """What lies there is read first, then the part and the place are locked."""

    def add(*, part: Any, box_no: int, loc_no: int, quantity: int, note: str = "", **_: Any) -> Movement:
        with transaction.atomic():
            where = {"location__box__number": box_no, "location__number": loc_no}
            before = Stock.objects.filter(part=part, **where).first()
            locked = ledger.lock_part(part.pk)
            [location] = ledger.lock_places([ledger.Place(box_no, loc_no)])
            if before is None:
                ledger.put(locked, location, quantity)
            else:
                Stock.objects.filter(pk=before.pk).update(quantity=before.quantity + quantity)
            return ledger.record(
                kind=Kind.ADD, part=locked, quantity=quantity, target=location, cause=BY_HAND, note=note
            )

    from stock import services

    services.add = quantities.add = add


def stock_not_looked_for_when_places_go() -> None:
    """A box gives up places without a look at what lies there."""

    def take_places(box: Any, capacity: int) -> None:
        Location.objects.filter(box=box, number__gt=capacity).delete()

    boxes._take_places = take_places


def reversal_not_looked_for_again() -> None:
    """Whether a movement was taken back is asked before the locks, and not after."""
    original = QuerySet.filter

    def blind(self: Any, *args: Any, **where: Any) -> Any:
        return self.none() if "reverses" in where else original(self, *args, **where)

    QuerySet.filter = blind  # type: ignore[method-assign]


def reversal_is_not_remembered() -> None:
    """A reversal is written as if somebody had done it by hand, so that it can be done twice."""
    original = ledger.record

    def record(**fields: Any) -> Movement:
        source, target = fields.get("source"), fields.get("target")
        kind = Kind.MOVE if source and target else Kind.REMOVE if source else Kind.ADD
        return original(**{**fields, "kind": kind, "reverses": None})

    reversals.record = record  # type: ignore[attr-defined]


def removal_of_more_than_there_is() -> None:
    """A removal takes what it can get, and writes what was asked for."""

    def take(part: Any, location: Any, quantity: int) -> None:
        rows = Stock.objects.filter(part=part, location=location)
        rows.filter(quantity__lte=quantity).delete()
        rows.filter(quantity__gt=quantity).update(quantity=F("quantity") - quantity)

    quantities.take = take  # type: ignore[attr-defined]


# On SQLite writers take turns anyway, so a lock cannot be missed there.
OF_LOCKS: Iterable[Callable[[], None]] = (
    part_lock_left_out,
    place_lock_left_out,
    all_locks_left_out,
    stock_read_before_the_lock,
)
OF_RULES: Iterable[Callable[[], None]] = (
    stock_not_looked_for_when_places_go,
    reversal_not_looked_for_again,
    reversal_is_not_remembered,
    removal_of_more_than_there_is,
)
