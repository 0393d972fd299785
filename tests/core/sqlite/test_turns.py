"""Writers of a SQLite file take turns."""

import os
import signal
import threading
from pathlib import Path

import pytest
from django.db import OperationalError, connection, connections, transaction

from core.sqlite.turns import Turn
from tests.plugins.database import PATIENCE_SECONDS, at_once
from tests.plugins.deaths import dies

pytestmark = pytest.mark.once


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A file to take turns at."""
    return str(tmp_path / "turn")


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
        ended.append("first")
        first.end()
        waiting.join(PATIENCE_SECONDS)
        assert ended == ["first", "second"]

    def test_a_wait_has_an_end_and_takes_nothing_afterwards(self, path: str) -> None:
        first = Turn(path)
        assert first.take(0)
        assert not Turn(path).take(0.01)
        first.end()
        assert Turn(path).take(PATIENCE_SECONDS)

    def test_dies_with_its_process(self, path: str) -> None:
        def take_it_along() -> None:
            assert Turn(path).take(0)
            os.kill(os.getpid(), signal.SIGKILL)

        assert dies(take_it_along, lambda patch, kill: None)
        assert Turn(path).take(PATIENCE_SECONDS)

    def test_a_folder_that_cannot_be_written_stops_nobody(self, tmp_path: Path) -> None:
        assert Turn(str(tmp_path / "missing" / "turn")).take(0)


@pytest.mark.django_db(transaction=True)
class TestTransactions:
    def test_hold_the_turn_until_their_end(self) -> None:
        def other(seconds: float = 0) -> bool:
            turn = Turn(f"{connection.settings_dict['NAME']}-turn")
            taken = turn.take(seconds)
            turn.end()
            return taken

        for rolls_back in (False, True):
            with transaction.atomic():
                assert not other(0.01)
                transaction.set_rollback(rolls_back)
            assert other(PATIENCE_SECONDS)
        connection.close()
        assert other(PATIENCE_SECONDS)

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
