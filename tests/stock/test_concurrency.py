"""Several people at once on the same stock. After each of these the ledger has to agree."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from parts.models import Part
from parts.services import delete_part
from stock import services
from stock.errors import AlreadyReversedError, InsufficientStockError, NoSuchLocationError
from stock.findings import findings
from stock.models import Box, Location, Movement, Stock
from tests.conftest import ApiClient
from tests.factories import BoxFactory, PartFactory, put
from tests.plugins.database import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 4


@pytest.fixture(autouse=True)
def stock_is_true() -> Iterator[None]:
    yield
    assert list(findings()) == []


def errors(results: list[Any]) -> list[Any]:
    return [result for result in results if isinstance(result, Exception)]


def total() -> int:
    return sum(Stock.objects.values_list("quantity", flat=True))


def add(part: Part, box_no: int = 7, loc_no: int = 1, quantity: int = 1) -> Callable[[], Any]:
    return partial(services.add, part=part, box_no=box_no, loc_no=loc_no, quantity=quantity)


def remove(part: Part, quantity: int = 1) -> Callable[[], Any]:
    return partial(services.remove, part=part, box_no=7, loc_no=1, quantity=quantity)


def test_twenty_who_add_to_one_empty_place_all_count() -> None:
    BoxFactory.create(number=7)
    part = PartFactory.create()
    assert errors(at_once(*[add(part)] * 20)) == []
    assert (total(), Movement.objects.count()) == (20, 20)


def test_of_twenty_who_take_the_last_ten_ten_get_one() -> None:
    part = PartFactory.create(key="ABCD")
    put(part, "7-1", 10)
    results = at_once(*[remove(part)] * 20)
    refused = errors(results)
    assert [type(error) for error in refused] == [InsufficientStockError] * 10
    assert {str(error) for error in refused} == {"There are 0 pieces of ABCD in 7-1, not 1."}
    assert total() == 0


def test_through_the_api_the_others_get_409(superuser: Any, api: ApiClient) -> None:
    part = PartFactory.create()
    put(part, "7-1", 3)

    def take() -> int:
        client = ApiClient()
        client.cookies = api.cookies
        body = {"box_no": 7, "loc_no": 1, "qty": 1}
        answer = client.delete(f"/inventory/parts/{part.key}/stock", body, "application/json")
        return int(answer.status_code)

    assert sorted(at_once(*[take] * 6)) == [204] * 3 + [409] * 3


def test_a_box_that_shrinks_or_goes_while_something_is_put_in_does_only_one_of_both() -> None:
    for step in range(ROUNDS):
        BoxFactory.create(number=7, capacity=6)
        parts = PartFactory.create_batch(3)
        change = (
            partial(services.delete_box, 7)
            if step % 2
            else partial(services.change_box, 7, description="x", capacity=2)
        )
        *added, changed = at_once(*(add(part, loc_no=5) for part in parts), change)
        if errors([changed]):
            assert changed.code in {"box_in_use", "location_in_use"}
            assert len(errors(added)) < 3
        else:
            assert [type(error) for error in added] == [NoSuchLocationError] * 3
        lies = Location.objects.filter(box__number=7, number=5).exists()
        assert lies == isinstance(changed, Exception)
        for movement in added:
            if isinstance(movement, Movement):
                services.reverse(movement.pk)
        if Box.objects.exists():
            services.delete_box(7)


def test_opposite_moves_do_not_wait_for_each_other_for_ever() -> None:
    part = PartFactory.create()
    put(part, "7-1", 50)
    put(part, "7-2", 50)

    def shuttle(source: int, target: int) -> list[str]:
        refused = []
        for _ in range(25):
            try:
                services.move(part=part, from_box_no=7, from_loc_no=source, to_box_no=7, to_loc_no=target, quantity=2)
            except InsufficientStockError as error:
                refused.append(str(error))
        return refused

    results = at_once(*[partial(shuttle, 1, 2)] * 3, *[partial(shuttle, 2, 1)] * 3)
    assert errors(results) == []
    assert total() == 100


def test_one_movement_is_taken_back_once() -> None:
    part = PartFactory.create()
    movement = put(part, "7-1", 5)
    put(part, "7-1", 50)
    results = at_once(*[partial(services.reverse, movement.pk)] * 6)
    assert [type(error) for error in errors(results)] == [AlreadyReversedError] * 5
    assert total() == 50


def test_a_part_that_goes_while_something_is_added_does_only_one_of_both() -> None:
    BoxFactory.create(number=7)
    for _ in range(ROUNDS):
        part = PartFactory.create()
        added, deleted = at_once(add(part), partial(delete_part, part))
        if deleted is None:
            assert added.code == "not_found"
            assert not Part.objects.exists()
        else:
            assert deleted.code == "part_in_use"
            services.remove(part=part, box_no=7, loc_no=1, quantity=1)
            delete_part(part)


def test_a_part_and_a_box_that_go_together_do_not_wait_for_each_other_for_ever() -> None:
    for _ in range(ROUNDS):
        part = PartFactory.create()
        put(part, "7-1", 200)
        for loc_no in (2, 3, 1, 3, 2, 1):
            at = part.stock.get().location.number
            if at != loc_no:
                services.move(part=part, from_box_no=7, from_loc_no=at, to_box_no=7, to_loc_no=loc_no, quantity=200)
        services.remove(part=part, box_no=7, loc_no=part.stock.get().location.number, quantity=200)
        assert at_once(partial(delete_part, part), partial(services.delete_box, 7)) == [None, None]


def test_boxes_that_are_made_together_have_numbers_of_their_own() -> None:
    results = at_once(*[partial(services.create_box, description="x", capacity=2)] * 8)
    assert sorted(box.number for box in results) == list(range(1, 9))


def test_one_box_gets_one_capacity() -> None:
    BoxFactory.create(number=7, capacity=4)
    calls = [partial(services.change_box, 7, description="x", capacity=capacity) for capacity in (1, 9, 2, 8)]
    assert errors(at_once(*calls)) == []
    box = Box.objects.get()
    assert sorted(Location.objects.values_list("number", flat=True)) == list(range(1, box.capacity + 1))


def test_a_server_that_is_killed_before_the_commit_leaves_neither_row_nor_movement() -> None:
    from tests.plugins.deaths import at, dies

    part = PartFactory.create()
    BoxFactory.create(number=7)
    assert dies(lambda: put(part, "7-1", 5), at(Movement, "save"))
    assert (Stock.objects.count(), Movement.objects.count()) == (0, 0)
    put(part, "7-1", 5)
    assert total() == 5
