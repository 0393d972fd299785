"""Which parts run low."""

import pytest
from pytest_django import Settings

from stock import services
from stock.low_stock import low_stock
from tests.factories import KitContentFactory, KitFactory, PartFactory, put

pytestmark = pytest.mark.django_db


def low() -> dict[str, int]:
    return {part.key: part.total for part in low_stock()}  # type: ignore[attr-defined]


def test_a_part_is_low_at_its_minimum_and_below_zero_included() -> None:
    at, above, none = (PartFactory.create(key=key) for key in ("ATAT", "ABOV", "NONE"))
    for part in (at, above, none):
        services.set_minimum(part, 20)
    put(at, "1-1", 15)
    put(at, "1-2", 5)
    put(above, "1-1", 21)
    assert low() == {"ATAT": 20, "NONE": 0}


def test_without_a_minimum_those_count_that_ever_had_stock_or_that_an_active_kit_needs(settings: Settings) -> None:
    settings.LOW_STOCK = 5
    had, has, never, needed, archived = (
        PartFactory.create(key=key) for key in ("HADA", "HASA", "NEVE", "NEED", "ARCH")
    )
    for part, quantity in ((had, 3), (has, 6)):
        put(part, "1-1", quantity)
    services.remove(part=had, box_no=1, loc_no=1, quantity=3)
    KitContentFactory.create(part=needed)
    KitContentFactory.create(part=archived, kit=KitFactory.create(archived=True))
    assert low() == {"HADA": 0, "NEED": 0}
    settings.LOW_STOCK = 6
    assert low() == {"HADA": 0, "HASA": 6, "NEED": 0}
    assert never.key not in low()


def test_a_minimum_wins_over_the_setting() -> None:
    part = PartFactory.create()
    put(part, "1-1", 3)
    services.set_minimum(part, 2)
    assert low() == {}
    services.set_minimum(part, None)
    assert low() == {part.key: 3}
