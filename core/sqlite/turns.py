"""Turns at a file: the kernel wakes whoever waits, across threads and processes.

SQLite alone lets waiting writers look again and again, ever less often; with several at once the unlucky wait for
seconds while others come and go.
"""

import fcntl
import os
import threading
from contextlib import suppress

SUFFIX = "-turn"


class Turn:
    """An exclusive lock of a file beside a database, held from `take` until `end`.

    Where it cannot be had nobody waits: SQLite's own lock is what keeps writers apart.
    """

    def __init__(self, database: str) -> None:
        self._database = database
        self._descriptor: int | None = None

    def take(self, seconds: float) -> bool:
        """Wait at most so long. Returns False when others were too slow."""
        try:
            descriptor = self._open()
        except OSError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._wait(descriptor, seconds)
        except OSError:
            # A file system without locks.
            os.close(descriptor)
            return True
        self._descriptor = descriptor
        return True

    def _open(self) -> int:
        descriptor = os.open(f"{self._database}{SUFFIX}", os.O_CREAT | os.O_RDWR, 0o600)
        if os.geteuid() == 0:
            # As SQLite does it: a command of the administrator shuts nobody out.
            with suppress(OSError):
                owner = os.stat(self._database)
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
        return descriptor

    def end(self) -> None:
        """Let the next one go on."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            _give_back(descriptor)

    def _wait(self, descriptor: int, seconds: float) -> bool:
        if _Waiting.given_up:
            # Whoever has the turn is stuck. Every wait would leave another thread behind.
            os.close(descriptor)
            return True
        if not _Waiting(descriptor).is_over(seconds):
            return False
        self._descriptor = descriptor
        return True


class _Waiting:
    """`flock` has no timeout, so a thread waits, and gives the lock back if it comes too late."""

    # How many threads of this process wait for what nobody wants any more.
    given_up = 0
    _guard = threading.Lock()

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._ended = threading.Event()
        self._is_wanted = True

    def is_over(self, seconds: float) -> bool:
        try:
            threading.Thread(target=self._wait, daemon=True).start()
            return self._ended.wait(seconds) or self._came_at_last()
        except RuntimeError:
            # There are too many threads to begin another.
            os.close(self._descriptor)
            raise
        except BaseException:
            if self._came_at_last():
                _give_back(self._descriptor)
            raise

    def _came_at_last(self) -> bool:
        """Give up, unless the lock came at the last moment."""
        with self._guard:
            self._is_wanted = self._ended.is_set()
            _Waiting.given_up += not self._is_wanted
            return self._is_wanted

    def _wait(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        finally:
            with self._guard:
                if self._is_wanted:
                    self._ended.set()
                else:
                    _Waiting.given_up -= 1
                    _give_back(self._descriptor)


def _give_back(descriptor: int) -> None:
    try:
        # Also for a child that was forked meanwhile and has the file open, too.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)
