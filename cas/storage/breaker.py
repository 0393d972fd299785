"""Uploads to a store that hangs are refused at once, until it answers again.

A store that refuses needs nothing of the kind. One that hangs, a network disk or a server behind a broken line, would
keep one thread after the other, until none is left for lists and for what is cached.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from django.conf import settings

from cas.errors import StorageStuckError

# So fast at least a store has to take a large file.
_BYTES_PER_SECOND = 250_000


class Breaker:
    """Knows which calls of the store are under way in this process.

    It opens when one takes longer than `STORE_TIMEOUT`. After the same time again, one caller may try whether it is
    over. A call that comes back in time closes it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count()
        # When each call ought to be over, by the monotonic clock.
        self._deadlines: dict[int, float] = {}
        self._open_until = 0.0

    def require(self) -> None:
        """Raise StorageStuckError while it is open."""
        with self._lock:
            self._require(time.monotonic())

    @contextmanager
    def call(self, size: int = 0) -> Iterator[None]:
        """Around a call that sends so many bytes. Raises StorageStuckError instead, while it is open."""
        with self._lock:
            now = time.monotonic()
            self._require(now)
            if self._open_until or self._late(now):
                # This one tries. The others wait for what comes of it.
                self._open_until = now + settings.STORE_TIMEOUT
            number = next(self._numbers)
            self._deadlines[number] = deadline = now + settings.STORE_TIMEOUT + size / _BYTES_PER_SECOND
        try:
            yield
        finally:
            with self._lock:
                self._deadlines.pop(number, None)
                self._note(deadline, time.monotonic())

    def _note(self, deadline: float, now: float) -> None:
        if now > deadline:
            self._open_until = now + settings.STORE_TIMEOUT
            return
        self._open_until = 0.0
        # What hung before says nothing about the store any more.
        for number in [number for number, late in self._deadlines.items() if late < now]:
            del self._deadlines[number]

    def _require(self, now: float) -> None:
        if now < max([self._open_until, *(deadline + settings.STORE_TIMEOUT for deadline in self._late(now))]):
            raise StorageStuckError

    def _late(self, now: float) -> list[float]:
        return [deadline for deadline in self._deadlines.values() if deadline < now]


# One for each process: its store is one, too.
BREAKER = Breaker()
