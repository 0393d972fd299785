"""Where parts of a type could go."""

import pytest

from core.errors import NotFoundError
from stock import services
from tests.factories import BoxFactory, PartFactory, PartTypeFactory, put
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db


def suggested(type_id: int) -> list[str]:
    return [str(place) for place in services.suggest(type_id)]


def test_the_box_with_most_of_the_type_comes_first_and_then_the_lowest_places() -> None:
    resistor, diode = PartTypeFactory.create_batch(2)
    BoxFactory.create(number=1, capacity=3)
    BoxFactory.create(number=2, capacity=3)
    put(PartFactory.create(type=diode), "1-1", 100)
    put(PartFactory.create(type=resistor), "2-2", 1)
    assert suggested(resistor.pk) == ["2-1", "2-3", "1-2"]
    assert suggested(diode.pk) == ["1-2", "1-3", "2-1"]
    # Places count, not pieces or parts.
    put(PartFactory.create(type=resistor), "1-2", 1)
    put(PartFactory.create(type=resistor), "1-2", 1)
    assert suggested(resistor.pk) == ["1-3", "2-1", "2-3"]


def test_of_a_type_that_lies_nowhere_are_the_lowest() -> None:
    BoxFactory.create(number=4, capacity=2)
    BoxFactory.create(number=3, capacity=2)
    assert suggested(PartTypeFactory.create().pk) == ["3-1", "3-2", "4-1"]


def test_a_full_box_of_the_type_is_passed_over() -> None:
    part_type = PartTypeFactory.create()
    for number in (1, 2):
        BoxFactory.create(number=number, capacity=2)
    BoxFactory.create(number=3, capacity=4)
    put(PartFactory.create(type=part_type), "1-1", 1)
    put(PartFactory.create(type=part_type), "1-2", 1)
    put(PartFactory.create(type=part_type), "3-2", 1)
    assert suggested(part_type.pk) == ["3-1", "3-3", "3-4"]


def test_nothing_is_suggested_when_all_is_full() -> None:
    part_type = PartTypeFactory.create()
    assert suggested(part_type.pk) == []
    BoxFactory.create(number=1, capacity=1)
    put(PartFactory.create(), "1-1", 1)
    assert suggested(part_type.pk) == []


def test_of_no_type_is_unknown() -> None:
    for type_id in (77, 10**30):
        with pytest.raises(NotFoundError):
            services.suggest(type_id)


def test_takes_as_many_queries_for_many_boxes() -> None:
    part_type = PartTypeFactory.create()
    put(PartFactory.create(type=part_type), "1-1", 1)
    one = queries_of(lambda: services.suggest(part_type.pk))
    for number in range(2, 30):
        put(PartFactory.create(type=part_type), f"{number}-1", 1)
    assert queries_of(lambda: services.suggest(part_type.pk)) == one
