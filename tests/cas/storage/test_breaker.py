"""A store that hangs: uploads are refused at once, and it is tried again by itself."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from pytest_django import Settings

from cas.errors import StorageStuckError
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


class TestBreaker:
    def test_is_closed_while_calls_come_back(self, clock: Clock) -> None:
        subject = Breaker()
        for _ in range(3):
            with subject.call():
                clock.now += TIMEOUT
        assert not is_open(subject)

    def test_opens_while_a_call_hangs(self, clock: Clock) -> None:
        subject = Breaker()
        with subject.call():
            clock.now += TIMEOUT + 1
            with pytest.raises(StorageStuckError), subject.call():
                pytest.fail("the store was asked")

    def test_a_large_file_may_take_longer(self, clock: Clock) -> None:
        subject = Breaker()
        with subject.call(20_000_000):
            clock.now += 80
            assert not is_open(subject)
            clock.now += TIMEOUT + 1
            assert is_open(subject)

    def test_one_caller_tries_again_and_opens_or_closes_it(self, clock: Clock) -> None:
        subject = Breaker()
        with suppress(OSError), subject.call():
            clock.now += TIMEOUT + 1
            raise OSError("timed out")
        assert is_open(subject)
        clock.now += TIMEOUT
        with subject.call():
            assert is_open(subject), "the others wait for what comes of it"
        assert not is_open(subject)

    def test_a_try_that_hangs_keeps_it_open(self, clock: Clock) -> None:
        subject = Breaker()
        with subject.call():
            clock.now += 2 * TIMEOUT
            with subject.call():
                clock.now += TIMEOUT + 1
                assert is_open(subject)
            assert is_open(subject)
            clock.now += TIMEOUT
            with subject.call():
                pass
            assert not is_open(subject), "the first one still hangs, but another came back"

    def test_an_error_that_comes_at_once_is_no_reason(self, clock: Clock) -> None:
        subject = Breaker()
        with pytest.raises(OSError, match="refused"), subject.call():
            raise OSError("refused")
        assert not is_open(subject)


class TestUpload:
    @pytest.fixture
    def stuck(self, clock: Clock) -> Iterator[None]:
        """Somebody else's call hangs."""
        with BREAKER.call():
            clock.now += TIMEOUT + 1
            yield
        clock.now += TIMEOUT
        with BREAKER.call():
            """It answers again."""

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
        with BREAKER.call():
            clock.now += TIMEOUT + 1
        clock.now += TIMEOUT
        assert api.upload(PartFactory.create().attachment_set_id, datasheet()).status_code == 201
        assert not is_open(BREAKER)
