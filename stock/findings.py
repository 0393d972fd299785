"""What must hold of boxes, stock and the ledger, each as a query that finds what breaks it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import connection

from stock.models import Box, Location, Movement, Stock

# So many rows of one kind are named; all are counted.
NAMED = 20


@dataclass(frozen=True)
class Finding:
    """One row that breaks an invariant. `sentence` names it for people."""

    invariant: str
    sentence: str


Check = Callable[[], Iterator[Finding]]

_checks: list[Check] = []


def register(check: Check) -> Check:
    """Let `stock_check` run this too. Call it in an app's `ready()`."""
    if check not in _checks:
        _checks.append(check)
    return check


def findings() -> Iterator[Finding]:
    """Everything that breaks an invariant of the stock, or of the apps above that registered a check."""
    for check in (sums, no_empty_rows, places_of_boxes, mirrors, *_checks):
        yield from check()


def sums() -> Iterator[Finding]:
    """S1: the stock of a part in a place is what the ledger says."""
    rows = _rows(
        f"""
        SELECT part_id, place_id, SUM(difference) FROM (
            SELECT part_id, to_location_id AS place_id, quantity AS difference
                FROM {_table(Movement)} WHERE to_location_id IS NOT NULL
            UNION ALL SELECT part_id, from_location_id, -quantity
                FROM {_table(Movement)} WHERE from_location_id IS NOT NULL
            UNION ALL SELECT part_id, location_id, -quantity FROM {_table(Stock)}
        ) AS changes
        WHERE part_id IS NOT NULL GROUP BY part_id, place_id HAVING SUM(difference) <> 0
        ORDER BY part_id, place_id
        """
    )
    for part_id, place_id, difference in rows:
        stock = Stock.objects.select_related("part", "location__box").filter(part=part_id, location=place_id).first()
        there = stock.quantity if stock else 0
        what = f"part {stock.part.key} in {stock.location}" if stock else f"part no. {part_id} in place no. {place_id}"
        yield Finding("S1", f"Of {what} there are {there} pieces, but the ledger says {there + int(difference)}.")


def no_empty_rows() -> Iterator[Finding]:
    """S2: no row of stock is below one."""
    for pk, quantity in _rows(f"SELECT id, quantity FROM {_table(Stock)} WHERE quantity < 1 ORDER BY id"):
        yield Finding("S2", f"Row {pk} of the stock says {quantity} pieces.")


def places_of_boxes() -> Iterator[Finding]:
    """S3: a box has exactly the places from 1 to its capacity."""
    rows = _rows(
        f"""
        SELECT box.number, box.capacity, COUNT(place.id) FROM {_table(Box)} AS box
        LEFT JOIN {_table(Location)} AS place ON place.box_id = box.id
        GROUP BY box.id, box.number, box.capacity
        HAVING COUNT(place.id) <> box.capacity OR MAX(place.number) <> box.capacity OR MIN(place.number) <> 1
        ORDER BY box.number
        """
    )
    for number, capacity, count in rows:
        yield Finding("S3", f"Box {number} should have the places 1 to {capacity}, but has {count} others.")


def mirrors() -> Iterator[Finding]:
    """S4: a reversal is the mirror of what it reverses."""
    rows = _rows(
        f"""
        SELECT reversal.id, original.id FROM {_table(Movement)} AS reversal
        JOIN {_table(Movement)} AS original ON original.id = reversal.reverses_id
        WHERE reversal.quantity <> original.quantity
            OR COALESCE(reversal.part_id, 0) <> COALESCE(original.part_id, 0)
            OR COALESCE(reversal.from_location_id, 0) <> COALESCE(original.to_location_id, 0)
            OR COALESCE(reversal.to_location_id, 0) <> COALESCE(original.from_location_id, 0)
        ORDER BY reversal.id
        """
    )
    for reversal, original in rows:
        yield Finding("S4", f"Movement {reversal} is not the mirror of movement {original}, which it reverses.")


def _table(model: type[Box | Location | Movement | Stock]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _rows(sql: str) -> list[tuple[int, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows: list[tuple[int, ...]] = cursor.fetchall()
    return rows
