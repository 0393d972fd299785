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

from cas.errors import StorageStuckError, StorageUnavailableError

# The slowest line over which a file may be sent: a call may take so much longer than one that sends nothing.
_BYTES_PER_SECOND = 50_000
# A store that refuses says so at once. A failure that took longer is one of waiting: the shortest timeout of the
# clients (cas/storage/s3_clients.py) is two seconds.
_SLOW_FAILURE_SECONDS = 1.0


class Breaker:
    """Knows which calls of the store are under way in this process, and whether the last ones came back.

    It opens when a call takes longer than `STORE_TIMEOUT`, or fails after a wait. From then on `require` refuses, but
    for one caller in each such time, who tries; the more calls hang, the more seldom. A call that succeeds closes it.
    Calls are watched only: a command, which asks nobody before, is not kept from going on.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count()
        # When each call ought to be over, by the monotonic clock.
        self._deadlines: dict[int, float] = {}
        # None while it is closed.
        self._open_until: float | None = None

    def require(self) -> None:
        """Raise StorageStuckError while it is open, unless it is time to try."""
        with self._lock:
            now = time.monotonic()
            if late := [deadline for deadline in self._deadlines.values() if deadline <= now]:
                self._open_until = max(self._open_until or 0.0, max(late) + settings.STORE_TIMEOUT * len(late))
            if self._open_until is None:
                return
            if now < self._open_until:
                raise StorageStuckError
            # This one tries. The others wait for what comes of it.
            self._open_until = now + settings.STORE_TIMEOUT

    @contextmanager
    def call(self, size: int = 0) -> Iterator[None]:
        """Around a call of the store that sends so many bytes."""
        number, started = next(self._numbers), time.monotonic()
        with self._lock:
            self._deadlines[number] = started + settings.STORE_TIMEOUT + size / _BYTES_PER_SECOND
        try:
            yield
        except StorageUnavailableError:
            self._failed(number, time.monotonic() - started)
            raise
        except BaseException:
            # It says nothing about the store.
            with self._lock:
                self._deadlines.pop(number, None)
            raise
        with self._lock:
            # What hung before says nothing about the store any more.
            now = time.monotonic()
            self._deadlines = {other: end for other, end in self._deadlines.items() if other != number and end > now}
            self._open_until = None

    def _failed(self, number: int, seconds: float) -> None:
        with self._lock:
            # Unless others have succeeded since it should have been over.
            if self._deadlines.pop(number, None) is not None and seconds > _SLOW_FAILURE_SECONDS:
                self._open_until = time.monotonic() + settings.STORE_TIMEOUT


# One for each process: its store is one, too.
BREAKER = Breaker()
