"""Calls in threads: each once, few ahead, and an end that leaves nothing running."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connection

from core.threads import in_parallel
from tests.plugins.database import PATIENCE_SECONDS


def twice(number: int) -> int:
    return 2 * number


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """At the end nothing runs that did not run before; what another test left may end meanwhile."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("number", [0, 1, 50])
def test_everything_is_done_once(jobs: int, number: int) -> None:
    assert sorted(in_parallel(twice, range(number), jobs)) == list(range(0, 2 * number, 2))


def test_calls_are_made_at_the_same_time_and_little_is_taken_ahead() -> None:
    together, taken = threading.Barrier(3), []

    def items() -> Iterator[int]:
        for number in range(30):
            taken.append(number)
            yield number

    results = in_parallel(lambda _: together.wait(PATIENCE_SECONDS), items(), 3)
    next(results)
    assert len(taken) == 6
    assert len(list(results)) == 29


def test_one_that_is_stopped_yields_what_was_begun_and_begins_nothing_else() -> None:
    begun: list[int] = []

    def call(number: int) -> int:
        begun.append(number)
        return number

    results = in_parallel(call, range(100), 3, is_stopped=lambda: len(begun) >= 10)
    assert sorted(results) == sorted(begun)
    # Each of the threads may have looked a moment before.
    assert 10 <= len(begun) <= 12


def test_an_error_is_raised_and_nothing_else_is_begun() -> None:
    begun: list[int] = []

    def fail(number: int) -> None:
        begun.append(number)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(in_parallel(fail, range(100), 3))
    assert len(begun) <= 6


@pytest.mark.django_db(transaction=True)
def test_every_thread_has_a_connection_of_its_own_until_the_end() -> None:
    def call(_: int) -> object:
        connection.ensure_connection()
        together.wait(PATIENCE_SECONDS)
        return connection.connection

    together = threading.Barrier(3)
    opened = set(in_parallel(call, range(3), 3))
    assert len(opened | {connection.connection}) == 4
    for each in opened:
        with pytest.raises(Exception, match="closed"):
            each.cursor()  # type: ignore[attr-defined]
