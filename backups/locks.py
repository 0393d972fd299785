"""One backup or rehearsal of a database at a time: what one of them tidies up, the other may just need."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

# Any number does; it is the lock's name in PostgreSQL.
_NUMBER = 0x696E76656E746F72


@contextmanager
def alone(on_wait: Callable[[], None]) -> Iterator[None]:
    """Wait until no other backup or rehearsal of this database is under way. A killed one holds no lock."""
    with _lock_of_server(on_wait) if connection.vendor == "postgresql" else _lock_of_machine(on_wait):
        yield


@contextmanager
def _lock_of_server(on_wait: Callable[[], None]) -> Iterator[None]:
    # On a connection of its own: it has to last as long as the work, whatever happens to the other one.
    own = connection.copy()
    try:
        with own.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_NUMBER])
            if not cursor.fetchone()[0]:
                on_wait()
                cursor.execute("SELECT pg_advisory_lock(%s)", [_NUMBER])
            yield
    finally:
        own.close()


@contextmanager
def _lock_of_machine(on_wait: Callable[[], None]) -> Iterator[None]:
    with (settings.DATA_DIR / "backup.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
