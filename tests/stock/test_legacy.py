"""Boxes and stock of the old system."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from stock.findings import findings
from stock.models import Box, Location, Movement, Stock
from tests.factories import BoxFactory, PartFactory

pytestmark = pytest.mark.django_db(transaction=True)

TABLES = {
    "boxes": "id integer PRIMARY KEY, box_no integer, description varchar(255), capacity integer",
    "locations": "id integer PRIMARY KEY, box_id integer, box_no integer, loc_no integer",
    "part_locations": (
        "id integer PRIMARY KEY, part_id integer, box_no integer, loc_no integer, location_id integer, qty integer"
    ),
}


def execute(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def insert(table: str, *values: Any) -> None:
    execute(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(values))})", *values)


@pytest.fixture
def old_tables() -> Iterator[None]:
    for name, columns in TABLES.items():
        execute(f"CREATE TABLE {name} ({columns})")
    yield
    for name in TABLES:
        execute(f"DROP TABLE {name}")


@pytest.fixture
def old_site(old_tables: None) -> None:
    """Two boxes, with two parts in one of them."""
    first, second = PartFactory.create(key="AAAA"), PartFactory.create(key="BBBB")
    insert("boxes", 11, 7, "Resistors", 2)
    insert("boxes", 12, 3, "", 1)
    insert("locations", 101, 11, 7, 1)
    insert("locations", 102, 11, 7, 2)
    insert("locations", 103, 12, 3, 1)
    insert("part_locations", 1, first.pk, 7, 2, 102, 17)
    insert("part_locations", 2, second.pk, 7, 2, 102, 5)
    insert("part_locations", 3, first.pk, 3, 1, 103, 1)


def run(*options: str) -> str:
    out = StringIO()
    call_command("import_legacy_stock", *options, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def refusal(*options: str) -> tuple[str, list[str]]:
    err = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("import_legacy_stock", *options, stdout=StringIO(), stderr=err)
    return str(refused.value), err.getvalue().splitlines()


def test_boxes_and_stock_are_taken_over_with_an_opening_each(old_site: None) -> None:
    assert run("--dry-run") == "boxes: 2, places: 3, stock: 3"
    assert not Box.objects.exists()
    assert run() == "boxes: 2, places: 3, stock: 3"
    assert list(Box.objects.order_by("number").values_list("number", "description", "capacity")) == [
        (3, "Box 3", 1),
        (7, "Resistors", 2),
    ]
    assert Location.objects.count() == 3
    assert [(row.part.key, str(row)) for row in Stock.objects.by_place().order_by("pk")] == [
        ("AAAA", "17 pieces in 7-2"),
        ("BBBB", "5 pieces in 7-2"),
        ("AAAA", "1 piece in 3-1"),
    ]
    for movement in Movement.objects.all():
        assert (movement.kind, movement.note) == ("opening", "from the old system")
        assert (movement.user, movement.user_name) == (None, "")
    assert list(findings()) == []
    assert refusal()[0] == "There are boxes already; the old ones are taken over into an empty stock only."


def test_every_row_that_contradicts_itself_is_named_and_stops_the_run(old_site: None) -> None:
    insert("locations", 104, 12, 9, 2)
    insert("part_locations", 4, 999_999, 7, 1, 101, 0)
    insert("part_locations", 5, 999_998, 3, 1, 102, 4)
    insert("part_locations", 6, 999_998, 3, 1, 555, 4)
    sentence, named = refusal()
    assert sentence == "8 rows of the old tables do not fit; nothing was taken over."
    assert named == [
        "Box 3 should have the places 1 to 1, but has others.",
        "Location 104 says box 9, but lies in box 3.",
        "Row 4 of part_locations (7-1) names no part that there is.",
        "Row 4 of part_locations (7-1) says 0 pieces.",
        "Row 5 of part_locations says 3-1, but its location is 7-2.",
        "Row 5 of part_locations (3-1) names no part that there is.",
        "Row 6 of part_locations names no location.",
        "Row 6 of part_locations (3-1) names no part that there is.",
    ]
    assert not Box.objects.exists()


def test_parts_may_be_named_by_their_keys(old_tables: None) -> None:
    PartFactory.create(key="AAAA")
    execute("ALTER TABLE part_locations RENAME COLUMN part_id TO part_number")
    execute("ALTER TABLE part_locations ADD COLUMN part_key varchar(4)")
    insert("boxes", 11, 7, "Resistors", 1)
    insert("locations", 101, 11, 7, 1)
    insert("part_locations", 1, 0, 7, 1, 101, 17, "AAAA")
    run()
    assert str(Stock.objects.get()) == "17 pieces in 7-1"


def test_without_the_tables_nothing_happens() -> None:
    assert refusal()[0] == "This database has no table boxes, locations, part_locations of the old system."
    BoxFactory.create()
    assert refusal()[0].startswith("There are boxes already")
