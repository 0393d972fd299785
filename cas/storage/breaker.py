"""Uploads to a store that hangs are refused at once, until it answers again.

A store that refuses needs nothing of the kind. One that hangs, a network disk or a server behind a broken line, would
keep one thread after the other, until none is left for lists and for what is cached.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from django.conf import settings

from cas.errors import StorageStuckError, StorageUnavailableError

# The slowest line over which a file may be sent: a call may take so much longer than one that sends nothing.
_BYTES_PER_SECOND = 50_000
# A store that refuses says so at once. A failure that took longer is one of waiting: the shortest timeout of the
# clients (cas/storage/s3_clients.py) is two seconds.
_SLOW_FAILURE_SECONDS = 1.0


@dataclass(frozen=True)
class _Call:
    """When it ought to be over, by the monotonic clock, and whether it sends a file."""

    deadline: float
    sends: bool


class Breaker:
    """Knows which calls of the store are under way in this process, and whether the last ones came back.

    It opens when a call takes longer than `STORE_TIMEOUT`, or fails after a wait. From then on `require` refuses, but
    for one caller in each such time, who tries; the more calls hang, the more seldom. A call that succeeds closes it,
    but only one that sends a file when it was sending that hung: a disk may take names and not bytes. Calls are watched
    only: a command, which asks nobody before, is not kept from going on.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count()
        self._calls: dict[int, _Call] = {}
        # None while it is closed.
        self._open_until: float | None = None
        self._failed_to_send = False

    def require(self) -> None:
        """Raise StorageStuckError while it is open, unless it is time to try."""
        with self._lock:
            now = time.monotonic()
            if late := [call.deadline for call in self._calls.values() if call.deadline <= now]:
                self._open_until = max(self._open_until or 0.0, max(late) + settings.STORE_TIMEOUT * len(late))
            if self._open_until is None:
                return
            if now < self._open_until:
                raise StorageStuckError
            # This one tries. The others wait for what comes of it.
            self._open_until = now + settings.STORE_TIMEOUT

    @contextmanager
    def call(self, sends: int | None = None) -> Iterator[None]:
        """Around a call of the store; `sends` is the size of the file that it sends."""
        number, started = next(self._numbers), time.monotonic()
        deadline = started + settings.STORE_TIMEOUT + (sends or 0) / _BYTES_PER_SECOND
        with self._lock:
            self._calls[number] = _Call(deadline, sends is not None)
        try:
            yield
        except StorageUnavailableError:
            with self._lock:
                self._failed(self._calls.pop(number, None), time.monotonic() - started)
            raise
        except BaseException:
            # It says nothing about the store.
            with self._lock:
                self._calls.pop(number, None)
            raise
        with self._lock:
            self._calls.pop(number, None)
            self._succeeded(has_sent=sends is not None)

    def _succeeded(self, *, has_sent: bool) -> None:
        # What hung before says nothing about the store any more.
        now = time.monotonic()
        self._calls = {
            number: call for number, call in self._calls.items() if call.deadline > now or (call.sends and not has_sent)
        }
        if has_sent or not self._failed_to_send:
            self._open_until, self._failed_to_send = None, False

    def _failed(self, call: _Call | None, seconds: float) -> None:
        # Unless others have succeeded since it should have been over.
        if call is not None and seconds > _SLOW_FAILURE_SECONDS:
            self._open_until = time.monotonic() + settings.STORE_TIMEOUT
            self._failed_to_send |= call.sends


# One for each process: its store is one, too.
BREAKER = Breaker()
