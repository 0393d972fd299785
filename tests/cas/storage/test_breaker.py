"""A store that hangs: uploads are refused at once, and it is tried again by itself."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from itertools import pairwise
from typing import Any

import pytest
from pytest_django import Settings

from cas.errors import StorageStuckError, StorageUnavailableError
from cas.storage import breaker
from cas.storage.breaker import BREAKER, Breaker
from tests.conftest import ApiClient
from tests.factories import PartFactory

pytestmark = pytest.mark.once

TIMEOUT = 10


class Clock:
    """The monotonic clock of the breaker."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Clock:
    """A clock that stands still, and a timeout of ten seconds."""
    settings.STORE_TIMEOUT = TIMEOUT
    clock = Clock()
    monkeypatch.setattr(breaker, "time", clock)
    return clock


def is_open(subject: Breaker) -> bool:
    try:
        subject.require()
    except StorageStuckError:
        return True
    return False


def fails(subject: Breaker, clock: Clock, seconds: float) -> None:
    with suppress(StorageUnavailableError), subject.call():
        clock.now += seconds
        raise StorageUnavailableError


class TestBreaker:
    def test_is_closed_while_calls_come_back_however_late(self, clock: Clock) -> None:
        subject = Breaker()
        for _ in range(3):
            with subject.call():
                clock.now += 5 * TIMEOUT
        assert not is_open(subject)

    def test_opens_while_a_call_hangs(self, clock: Clock) -> None:
        subject = Breaker()
        with subject.call():
            assert not is_open(subject)
            clock.now += TIMEOUT + 1
            assert is_open(subject)
        assert not is_open(subject)

    def test_a_large_file_may_take_longer(self, clock: Clock) -> None:
        subject = Breaker()
        with subject.call(20_000_000):
            clock.now += 400
            assert not is_open(subject)
            clock.now += TIMEOUT + 1
            assert is_open(subject)

    def test_opens_when_a_call_has_waited_in_vain(self, clock: Clock) -> None:
        subject = Breaker()
        fails(subject, clock, 2)
        assert is_open(subject)

    def test_an_error_that_comes_at_once_is_no_reason(self, clock: Clock) -> None:
        subject = Breaker()
        fails(subject, clock, 0.1)
        with suppress(ValueError), subject.call():
            clock.now += TIMEOUT + 1
            raise ValueError("No store has anything to do with it.")
        assert not is_open(subject)

    @pytest.mark.parametrize("comes_back", [True, False])
    def test_one_caller_tries_again_and_opens_or_closes_it(self, clock: Clock, comes_back: bool) -> None:
        subject = Breaker()
        fails(subject, clock, 2)
        clock.now += TIMEOUT
        assert not is_open(subject)
        assert is_open(subject), "the others wait for what comes of it"
        if comes_back:
            with subject.call():
                pass
        else:
            fails(subject, clock, 2)
            clock.now += TIMEOUT - 1
        assert is_open(subject) != comes_back

    def test_tries_become_rarer_the_more_calls_hang(self, clock: Clock) -> None:
        subject = Breaker()
        with ExitStack() as hanging:
            tries = []
            started = clock.now
            while clock.now < started + 100 * TIMEOUT:
                if not is_open(subject):
                    tries.append(clock.now)
                    hanging.enter_context(subject.call())
                clock.now += 1
            # Some began before the first was late.
            gaps = [later - earlier for earlier, later in pairwise(tries[TIMEOUT:])]
            assert gaps == sorted(gaps)
            assert gaps[0] > TIMEOUT * TIMEOUT

    def test_a_disk_that_takes_names_but_no_bytes_keeps_it_open(self, clock: Clock) -> None:
        subject = Breaker()
        with subject.call(sends=0):
            clock.now += TIMEOUT + 1
            with subject.call():
                pass
            assert is_open(subject)
            with subject.call(sends=0):
                pass
            assert not is_open(subject)
        with suppress(StorageUnavailableError), subject.call(sends=0):
            clock.now += 2
            raise StorageUnavailableError
        with subject.call():
            pass
        assert is_open(subject)

    def test_what_hung_before_it_closed_opens_it_no_more(self, clock: Clock) -> None:
        subject = Breaker()
        with suppress(StorageUnavailableError), subject.call():
            clock.now += TIMEOUT + 1
            with subject.call():
                pass
            assert not is_open(subject), "the first one still hangs, but another came back"
            raise StorageUnavailableError
        assert not is_open(subject)


class TestUpload:
    @pytest.fixture
    def stuck(self, clock: Clock) -> Iterator[None]:
        """Somebody else's call hangs."""
        with BREAKER.call():
            clock.now += TIMEOUT + 1
            yield

    def test_is_refused_at_once_and_nothing_else_is(
        self, api: ApiClient, datasheet: Callable[..., Any], stuck: None, staged_files: Callable[[], list[Any]]
    ) -> None:
        part = PartFactory.create()
        answer = api.upload(part.attachment_set_id, datasheet())
        assert (answer.status_code, answer.json()["details"]["code"]) == (503, "storage_unavailable")
        assert answer["Retry-After"] == "10"
        assert staged_files() == []
        assert api.get(f"/attachment-sets/{part.attachment_set_id}/attachments").json() == []

    def test_succeeds_once_the_store_answers_again(
        self, api: ApiClient, datasheet: Callable[..., Any], clock: Clock
    ) -> None:
        fails(BREAKER, clock, 2)
        assert is_open(BREAKER)
        clock.now += TIMEOUT
        assert api.upload(PartFactory.create().attachment_set_id, datasheet()).status_code == 201
        assert not is_open(BREAKER)
