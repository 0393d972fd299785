"""Boxes and stock of the old system, taken over from its tables in this database: all of it, or nothing.

Everything about it is here and in the command; it reads the old tables and never writes to them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from core.errors import ConflictError
from parts.models import Part
from stock.limits import MAX_CAPACITY, MAX_QUANTITY
from stock.models import Box, Kind, Location, Movement, Stock

NOTE = "from the old system"
_TABLES = ("boxes", "locations", "part_locations")
# By which column an old row names its part; the ids of parts are those of the old system.
_PART_COLUMNS = {"part_id": "pk", "part_key": "key", "part_id4": "key"}
_BATCH = 500


class LegacyStockError(ConflictError):
    """The old tables are not there, or the new ones are in use, or they do not fit. `faults` names the rows."""

    code = "legacy_stock"

    def __init__(self, sentence: str, faults: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.faults = faults


@dataclass
class OldStock:
    """What the old tables say."""

    boxes: dict[int, dict[str, Any]]
    locations: dict[int, dict[str, Any]]
    stock: list[dict[str, Any]]
    parts: dict[Any, Part]
    part_column: str
    faults: list[str] = field(default_factory=list)


def take_over(*, dry_run: bool = False) -> dict[str, int]:
    """Make boxes, places, stock and one opening movement for each. Returns how many. Raises LegacyStockError."""
    if Box.objects.exists() or Movement.objects.exists():
        raise LegacyStockError("There are boxes already; the old ones are taken over into an empty stock only.")
    old = _read()
    old.faults += [*_faults_of_boxes(old), *_faults_of_locations(old), *_faults_of_stock(old)]
    if old.faults:
        raise LegacyStockError(
            f"{len(old.faults)} rows of the old tables do not fit; nothing was taken over.", tuple(old.faults)
        )
    if not dry_run:
        with transaction.atomic():
            _write(old)
    return {"boxes": len(old.boxes), "places": len(old.locations), "stock": len(old.stock)}


def _read() -> OldStock:
    missing = set(_TABLES) - set(connection.introspection.table_names())
    if missing:
        raise LegacyStockError(f"This database has no table {', '.join(sorted(missing))} of the old system.")
    stock = _rows("part_locations")
    columns = _columns("part_locations")
    part_column = next((name for name in _PART_COLUMNS if name in columns), None)
    if part_column is None:
        raise LegacyStockError("The table part_locations does not say which part it is about.")
    by = _PART_COLUMNS[part_column]
    parts = Part.objects.filter(**{f"{by}__in": {row[part_column] for row in stock}})
    return OldStock(
        boxes={row["id"]: row for row in _rows("boxes")},
        locations={row["id"]: row for row in _rows("locations")},
        stock=stock,
        parts={getattr(part, by): part for part in parts},
        part_column=part_column,
    )


def _faults_of_boxes(old: OldStock) -> Iterator[str]:
    numbers: dict[int, list[int]] = {pk: [] for pk in old.boxes}
    for row in old.locations.values():
        numbers.get(row["box_id"], []).append(row["loc_no"])
    for pk, box in old.boxes.items():
        if not 1 <= box["capacity"] <= MAX_CAPACITY:
            yield f"Box {box['box_no']} has {box['capacity']} places; 1 to {MAX_CAPACITY} are possible."
        elif sorted(numbers[pk]) != list(range(1, box["capacity"] + 1)):
            yield f"Box {box['box_no']} should have the places 1 to {box['capacity']}, but has others."


def _faults_of_locations(old: OldStock) -> Iterator[str]:
    for pk, row in old.locations.items():
        box = old.boxes.get(row["box_id"])
        if box is None:
            yield f"Location {pk} ({row['box_no']}-{row['loc_no']}) is in no box."
        elif box["box_no"] != row["box_no"]:
            yield f"Location {pk} says box {row['box_no']}, but lies in box {box['box_no']}."


def _faults_of_stock(old: OldStock) -> Iterator[str]:
    seen: set[tuple[Any, int]] = set()
    for row in old.stock:
        name, place = f"Row {row['id']} of part_locations", f"{row['box_no']}-{row['loc_no']}"
        location, part = old.locations.get(row["location_id"]), old.parts.get(row[old.part_column])
        if location is None:
            yield f"{name} names no location."
        elif (location["box_no"], location["loc_no"]) != (row["box_no"], row["loc_no"]):
            yield f"{name} says {place}, but its location is {location['box_no']}-{location['loc_no']}."
        if part is None:
            yield f"{name} ({place}) names no part that there is."
        if not 1 <= row["qty"] <= MAX_QUANTITY:
            yield f"{name} ({place}) says {row['qty']} pieces."
        if (row[old.part_column], row["location_id"]) in seen:
            yield f"{name} ({place}) names a part that another row names there too."
        seen.add((row[old.part_column], row["location_id"]))


def _write(old: OldStock) -> None:
    boxes = {
        pk: Box(number=row["box_no"], description=(row["description"] or "").strip()[:255], capacity=row["capacity"])
        for pk, row in old.boxes.items()
    }
    for pk, box in boxes.items():
        box.description = box.description or f"Box {old.boxes[pk]['box_no']}"
    Box.objects.bulk_create(boxes.values(), batch_size=_BATCH)
    locations = {pk: Location(box=boxes[row["box_id"]], number=row["loc_no"]) for pk, row in old.locations.items()}
    Location.objects.bulk_create(locations.values(), batch_size=_BATCH)
    rows = [(old.parts[row[old.part_column]], locations[row["location_id"]], row["qty"]) for row in old.stock]
    Stock.objects.bulk_create(
        (Stock(part=part, location=location, quantity=quantity) for part, location, quantity in rows),
        batch_size=_BATCH,
    )
    Movement.objects.bulk_create(
        (_opening(part, location, quantity) for part, location, quantity in rows), batch_size=_BATCH
    )


def _opening(part: Part, location: Location, quantity: int) -> Movement:
    return Movement(
        kind=Kind.OPENING,
        quantity=quantity,
        part=part,
        part_key=part.key,
        part_text=part.description[:255],
        to_location=location,
        to_box=location.box.number,
        to_loc=location.number,
        note=NOTE,
    )


def _columns(table: str) -> list[str]:
    with connection.cursor() as cursor:
        return [column.name for column in connection.introspection.get_table_description(cursor, table)]


def _rows(table: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY id")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
