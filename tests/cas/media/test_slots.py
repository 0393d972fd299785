"""Who may open a picture now."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse

from cas.errors import DecodingBusyError
from cas.media.slots import SLOTS, Threads, current_user, slot
from core.actors import RequestUserMiddleware
from tests.plugins.database import PATIENCE_SECONDS

pytestmark = pytest.mark.once


@contextmanager
def held(folder: Path, *users: str | None) -> Iterator[None]:
    """Others hold these slots, while the block runs."""
    release = threading.Event()
    barrier = threading.Barrier(len(users) + 1, timeout=PATIENCE_SECONDS)

    def hold(user: str | None) -> None:
        with slot(folder, user, spare=0 if user else 1):
            barrier.wait()
            release.wait(PATIENCE_SECONDS)

    with ThreadPoolExecutor(len(users)) as pool:
        holding = [pool.submit(hold, user) for user in users]
        barrier.wait()
        try:
            yield
        finally:
            release.set()
        for future in holding:
            future.result()


class TestSlot:
    def test_a_user_has_one_and_another_user_gets_another(self, tmp_path: Path) -> None:
        with held(tmp_path, "user-1"):
            with pytest.raises(DecodingBusyError), slot(tmp_path, "user-1", seconds=0.05):
                pass
            with slot(tmp_path, "user-2", seconds=0.05):
                pass

    def test_there_are_so_many_and_no_more(self, tmp_path: Path) -> None:
        with (
            held(tmp_path, *(f"user-{number}" for number in range(SLOTS))),
            pytest.raises(DecodingBusyError),
            slot(tmp_path, "one more", seconds=0.05),
        ):
            pass

    def test_thumbnails_leave_one_to_users(self, tmp_path: Path) -> None:
        with held(tmp_path, *[None] * (SLOTS - 1)):
            with pytest.raises(DecodingBusyError), slot(tmp_path, spare=1, seconds=0.05):
                pass
            with slot(tmp_path, "user-1", seconds=0.05):
                pass

    def test_whoever_waits_gets_it(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(1) as pool:
            with held(tmp_path, "user-1"):
                waiting = pool.submit(self._take, tmp_path)
                time.sleep(0.1)
                assert not waiting.done()
            waiting.result(PATIENCE_SECONDS)

    def _take(self, folder: Path) -> None:
        with slot(folder, "user-1"):
            pass

    def test_a_process_that_was_killed_holds_none(self, tmp_path: Path) -> None:
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        process = context.Process(target=hold_for_ever, args=(tmp_path, theirs))
        process.start()
        assert ours.poll(PATIENCE_SECONDS)
        assert process.pid
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        with slot(tmp_path, "user-1", seconds=0.05):
            pass

    def test_when_pictures_take_long_only_some_threads_wait(self, tmp_path: Path) -> None:
        threads = Threads(long_seconds=0.2, most=2)
        outcomes: list[str] = []

        def wait() -> None:
            try:
                with slot(tmp_path, "user-1", threads=threads):
                    outcomes.append("opened")
            except DecodingBusyError:
                outcomes.append("sent away")

        with ThreadPoolExecutor(8) as pool:
            with held(tmp_path, "user-1"):
                waiting = [pool.submit(wait) for _ in range(8)]
                deadline = time.monotonic() + PATIENCE_SECONDS
                while outcomes.count("sent away") < 6 and time.monotonic() < deadline:
                    time.sleep(0.02)
            for future in waiting:
                future.result(PATIENCE_SECONDS)
        assert sorted(outcomes) == ["opened"] * 2 + ["sent away"] * 6


def hold_for_ever(folder: Path, pipe: Any) -> None:
    with slot(folder, "user-1"):
        pipe.send("held")
        time.sleep(3600)


class TestCurrentUser:
    def test_is_that_of_the_request(self) -> None:
        seen: list[str] = []
        request = HttpRequest()

        def view(request: HttpRequest) -> HttpResponse:
            # As REST framework does: whose token it is shows only in the view.
            request.user = SimpleNamespace(pk=7)  # type: ignore[assignment]
            seen.append(current_user())
            return HttpResponse()

        RequestUserMiddleware(view)(request)
        assert seen == ["user-7"]
        assert current_user() == "nobody"
