"""Who may write to the database."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# SQLite has one write lock, for which others look ten times a second. It stays free for a fifth of the time, or they
# might never find it so.
_PAUSE = 0.25

_lock = threading.Lock()
_free_until = 0.0


@contextmanager
def write_lock() -> Iterator[None]:
    """Around one write transaction. On SQLite only one of this process is under way, and others get theirs."""
    global _free_until  # noqa: PLW0603  (it belongs to the lock)
    if connection.vendor != "sqlite":
        yield
        return
    with _lock:
        time.sleep(max(_free_until - time.monotonic(), 0))
        started = time.monotonic()
        try:
            yield
        finally:
            ended = time.monotonic()
            _free_until = ended + (ended - started) * _PAUSE
