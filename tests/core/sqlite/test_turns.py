"""Writers of a SQLite file take turns."""

import errno
import fcntl
import os
import signal
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction

from core.sqlite.turns import SUFFIX, Turn
from tests.plugins.database import PATIENCE_SECONDS, at_once
from tests.plugins.deaths import dies, wait_until

pytestmark = pytest.mark.once


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A database to take turns at."""
    return str(tmp_path / "database")


def is_free(path: str) -> bool:
    with open(f"{path}{SUFFIX}", "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


class TestTurn:
    def test_whoever_waits_comes_next(self, path: str) -> None:
        first, second = Turn(path), Turn(path)
        assert first.take(0)
        ended: list[str] = []

        def wait() -> None:
            assert second.take(PATIENCE_SECONDS)
            ended.append("second")
            second.end()

        waiting = threading.Thread(target=wait)
        waiting.start()
        waiting.join(0.1)
        assert ended == []
        ended.append("first")
        first.end()
        waiting.join(PATIENCE_SECONDS)
        assert ended == ["first", "second"]

    def test_a_wait_has_an_end_and_takes_nothing_afterwards(self, path: str) -> None:
        first = Turn(path)
        assert first.take(0)
        assert not Turn(path).take(0.01)
        # Behind one that is stuck, nobody leaves another thread: SQLite's own lock is what is waited for then.
        threads = threading.active_count()
        assert Turn(path).take(PATIENCE_SECONDS)
        assert threading.active_count() == threads
        first.end()
        wait_until(lambda: threading.active_count() == threads - 1)
        assert is_free(path)

    def test_an_interrupted_wait_takes_nothing(self, path: str) -> None:
        def interrupt(*args: Any) -> None:
            raise KeyboardInterrupt

        first = Turn(path)
        assert first.take(0)
        before = signal.signal(signal.SIGALRM, interrupt)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with pytest.raises(KeyboardInterrupt):
                Turn(path).take(PATIENCE_SECONDS)
        finally:
            signal.signal(signal.SIGALRM, before)
        first.end()
        wait_until(partial(is_free, path))

    def test_a_file_system_without_locks_stops_nobody(self, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(descriptor: int, how: int) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr("core.sqlite.turns.fcntl.flock", refuse)
        turn = Turn(path)
        assert turn.take(0)
        turn.end()

    def test_dies_with_its_process(self, path: str) -> None:
        def take_it_along() -> None:
            assert Turn(path).take(0)
            os.kill(os.getpid(), signal.SIGKILL)

        assert dies(take_it_along, lambda patch, kill: None)
        assert Turn(path).take(PATIENCE_SECONDS)

    def test_a_folder_that_cannot_be_written_stops_nobody(self, tmp_path: Path) -> None:
        assert Turn(str(tmp_path / "missing" / "database")).take(0)


@pytest.mark.django_db(transaction=True)
class TestTransactions:
    def test_hold_the_turn_until_their_end(self) -> None:
        path = str(connection.settings_dict["NAME"])
        for rolls_back in (False, True):
            with transaction.atomic():
                assert not is_free(path)
                transaction.set_rollback(rolls_back)
            assert is_free(path)
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            raise KeyboardInterrupt
        assert is_free(path)

    def test_a_wait_that_is_too_long_is_said(self) -> None:
        def write() -> None:
            with pytest.MonkeyPatch.context() as patch:
                patch.setitem(connections["default"].settings_dict["OPTIONS"], "timeout", 0.01)
                with transaction.atomic():
                    pytest.fail("it is not this one's turn")

        with transaction.atomic():
            (result,) = at_once(write)
        assert isinstance(result, OperationalError)
        with transaction.atomic():
            """And then it works again."""
