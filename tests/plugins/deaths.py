"""Real kills: a child process that dies by SIGKILL in the middle of its work, on connections of its own."""

import os
import signal
import subprocess
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from tests.plugins.database import PATIENCE_SECONDS, forget_connections

Kill = Callable[[], None]


def dies(work: Callable[[], Any], prepare: Callable[[pytest.MonkeyPatch, Kill], None]) -> bool:
    """Let a child do the work, in which it is killed where `prepare` has put the kill. Returns whether it came there."""
    connections.close_all()
    with warnings.catch_warnings():
        # Newer Pythons warn: another thread may hold a lock. Those of a test runner hold none that is needed here.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        try:
            forget_connections()
            with pytest.MonkeyPatch.context() as patch:
                prepare(patch, lambda: os.kill(os.getpid(), signal.SIGKILL))
                work()
        finally:
            # Not sys.exit(): the parent's clean-up is not the child's.
            os._exit(0)
    try:
        wait_until(lambda: not is_alive(child))
    except TimeoutError:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except (FileNotFoundError, ProcessLookupError):
        return False


def children(pid: int) -> list[int]:
    """The pids of what any thread of the process has started; none when it is gone."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            found += [int(word) for word in task.read_text(encoding="ascii").split()]
    return found


def kill_all(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and all that it has started, and return when they are gone.

    For processes that nobody needs any more. One that has loaded Django and ends by itself takes half a second of
    processor time only to free what it has read.
    """
    family = [process.pid]
    for pid in family:
        family += children(pid)
    for pid in family:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait(PATIENCE_SECONDS)
    wait_until(lambda: not any(map(is_alive, family)))


def wait_until(condition: Callable[[], Any]) -> None:
    """Return when the condition holds. Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it does not happen")
        time.sleep(0.005)


def at(owner: Any, name: str, *, before: bool = False) -> Callable[[pytest.MonkeyPatch, Kill], None]:
    """For `dies`: the first call of a method is the last; the kill comes after it, or before."""

    def prepare(patch: pytest.MonkeyPatch, kill: Kill) -> None:
        original = getattr(owner, name)

        def last_call(*args: Any, **kwargs: Any) -> None:
            if not before:
                original(*args, **kwargs)
            kill()

        patch.setattr(owner, name, last_call)

    return prepare
