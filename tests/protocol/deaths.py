"""Real kills: a child process that dies by SIGKILL in the middle of the work, on connections of its own."""

import os
import signal
import time
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from tests.plugins.database import PATIENCE_SECONDS, forget_connections
from tests.protocol.places import Place


def dies(work: Callable[[], Any], place: Place) -> bool:
    """Let a child do the work and kill itself at the place. Returns whether it came there."""
    connections.close_all()
    with warnings.catch_warnings():
        # Newer Pythons warn: another thread may hold a lock. Those of a test runner hold none that is needed here.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        try:
            forget_connections()
            with pytest.MonkeyPatch.context() as patch:
                place.visit(patch, lambda: os.kill(os.getpid(), signal.SIGKILL))
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
