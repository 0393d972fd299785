"""Real kills: a child process that dies by SIGKILL in the middle of the work, on connections of its own."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.query import QuerySet

from cas.storage import cas_storage
from tests.plugins.database import PATIENCE_SECONDS

# Where somebody may be killed: in a method of the store, of a queryset on a table, or of the connection.
Place = tuple[str, bool]


def dies(work: Callable[[], Any], place: Place) -> bool:
    """Let a child do the work and kill itself at the place, before or after it. Returns whether it came there."""
    connections.close_all()
    child = os.fork()
    if not child:
        try:
            with _death(*place):
                work()
        finally:
            # Not sys.exit(): the parent's clean-up is not the child's.
            os._exit(0)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise TimeoutError("the child does not end")


@contextmanager
def _death(place: str, after: bool) -> Iterator[None]:
    kind, _, name = place.partition(" ")
    owners: dict[str, Any] = {"store": cas_storage(), "rows": QuerySet, "database": BaseDatabaseWrapper}
    method, _, table = name.partition(" ")
    owner = owners[kind]
    original = getattr(owner, method)

    def dying(*args: Any, **kwargs: Any) -> Any:
        if table and args[0].model._meta.label != table:
            return original(*args, **kwargs)
        if not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, method, dying)
        connection.ensure_connection()
        yield
