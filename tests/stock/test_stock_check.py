"""`manage.py stock_check`: what is wrong is named, and the exit code is honest."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from stock import services
from stock.models import Location, Movement, Stock
from tests.factories import BoxFactory, PartFactory, put

pytestmark = pytest.mark.django_db(transaction=True)


def check() -> tuple[int, list[str]]:
    """The exit code, and the sentences."""
    out, err = StringIO(), StringIO()
    code = 0
    try:
        call_command("stock_check", "--json", stdout=out, stderr=err)
    except SystemExit as end:
        code = int(end.code or 0)
    report = json.loads(out.getvalue())
    assert report["failed"] == len(report["findings"])
    assert len(err.getvalue().splitlines()) == len(report["findings"])
    return code, [f"{found['invariant']}: {found['sentence']}" for found in report["findings"]]


def test_all_is_well_after_ordinary_work() -> None:
    part = PartFactory.create()
    moved = put(part, "7-3", 5)
    services.reverse(moved.pk)
    put(part, "7-4", 9)
    services.renumber_box(7, 9)
    assert check() == (0, [])


def test_names_stock_that_the_ledger_does_not_know() -> None:
    part = PartFactory.create(key="ABCD")
    put(part, "7-3", 5)
    Stock.objects.update(quantity=8)
    assert check() == (1, ["S1: Of part ABCD in 7-3 there are 8 pieces, but the ledger says 5."])
    Stock.objects.all().delete()
    place = Location.objects.get(box__number=7, number=3)
    assert check() == (
        1,
        [f"S1: Of part no. {part.pk} in place no. {place.pk} there are 0 pieces, but the ledger says 5."],
    )


def test_names_a_box_whose_places_are_not_those_it_should_have() -> None:
    BoxFactory.create(number=7, capacity=3)
    Location.objects.filter(number=2).delete()
    code, [sentence] = check()
    assert (code, sentence[:9]) == (1, "S3: Box 7")


def test_names_a_reversal_that_is_no_mirror() -> None:
    part = PartFactory.create()
    moved = put(part, "7-3", 5)
    put(part, "7-3", 5)
    reversal = services.reverse(moved.pk)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {Movement._meta.db_table} SET quantity = 4 WHERE id = {reversal.pk}")
    code, sentences = check()
    assert code == 1
    assert f"S4: Movement {reversal.pk} is not the mirror of movement {moved.pk}, which it reverses." in sentences
