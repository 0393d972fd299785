"""Who may open a picture now: a few at a time on this machine, and of one user one at a time.

The slots are locks on files in the folder of the thumbnails, so that all web workers share them, and so that a process
that was killed holds none.
"""

import fcntl
import os
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from cas.errors import DecodingBusyError
from core import actors

# One more than processors. Thumbnails leave one to uploads, and first pages, which take longest, two.
SLOTS = max(2, os.cpu_count() or 1) + 1
PATIENCE_SECONDS = 20.0
_USERS = 1024
_LONGEST_PAUSE = 0.05


def current_user() -> str:
    """What tells the user of this request from others; commands count as one."""
    user = actors.current_user()
    return "nobody" if user is None else f"user-{user.pk}"


class Threads:
    """Those of this process that wait for a slot or have one.

    While something takes longer than `long_seconds`, no more than `most` wait: fewer than gunicorn has, so that lists
    are answered. Ordinary pictures take a tenth of a second, and whoever waits for those is not sent away.
    """

    def __init__(self, *, long_seconds: float = 2.0, most: int = 10) -> None:
        self._long_seconds = long_seconds
        self._most = most
        self._lock = threading.Lock()
        self._since: dict[int, float] = {}

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """This thread is one of them."""
        me = threading.get_ident()
        with self._lock:
            outer = self._since.get(me)
            self._since.setdefault(me, time.monotonic())
        try:
            yield
        finally:
            if outer is None:
                with self._lock:
                    del self._since[me]

    def is_too_many(self) -> bool:
        """Whether this thread should give up: it waits long, and with more others than may."""
        me, now = threading.get_ident(), time.monotonic()
        with self._lock:
            mine = self._since[me]
            earlier = sum(since < mine for since in self._since.values())
        return now - mine > self._long_seconds and earlier >= self._most


_threads = Threads()


@contextmanager
def slot(
    folder: Path,
    user: str | None = None,
    *,
    spare: int = 0,
    seconds: float = PATIENCE_SECONDS,
    threads: Threads = _threads,
) -> Iterator[None]:
    """Hold a slot, while the block runs: the user's, if there is one, and of all but the `spare` ones the first free.

    Raises DecodingBusyError when none is free in time.
    """
    end = time.monotonic() + min(seconds, PATIENCE_SECONDS)
    slots = [folder / f".slot-{number}" for number in range(max(1, SLOTS - spare))]
    with threads.waiting(), ExitStack() as held:
        if user is not None:
            number = zlib.crc32(user.encode()) % _USERS
            held.enter_context(locked([folder / f".user-{number}"], end, threads))
        held.enter_context(locked(slots, end, threads))
        yield


@contextmanager
def locked(paths: list[Path], end: float, threads: Threads = _threads) -> Iterator[None]:
    """Hold the lock of the first of these files that is free. Raises DecodingBusyError when none is, until `end`."""
    with threads.waiting():
        file = _first_free(paths, end, threads)
        with file:
            yield


def _first_free(paths: list[Path], end: float, threads: Threads) -> IO[bytes]:
    pause = 0.005
    while True:
        for path in paths:
            file = path.open("wb")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
            else:
                return file
        if time.monotonic() >= end or threads.is_too_many():
            raise DecodingBusyError
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
