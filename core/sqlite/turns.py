"""Turns at a file: the kernel wakes whoever waits, across threads and processes.

SQLite alone lets waiting writers look again and again, ever less often; with several at once the unlucky wait for
seconds while others come and go.
"""

import fcntl
import os
import threading


class Turn:
    """An exclusive lock of a file, held from `take` until `end`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self, seconds: float) -> bool:
        """Wait at most so long. Returns False when others were too slow.

        Where the file cannot be locked nobody waits: SQLite's own lock is what keeps writers apart.
        """
        try:
            descriptor = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError:
            return True
        waiting = _Waiting(descriptor)
        if not waiting.is_over(seconds):
            return False
        self._descriptor = descriptor
        return True

    def end(self) -> None:
        """Let the next one go on."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            # Also for a child that was forked meanwhile and has the file open, too.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)


class _Waiting:
    """`flock` has no timeout, so a thread waits where somebody has to, and forgets the lock if it comes too late."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._ended = threading.Event()
        self._guard = threading.Lock()
        self._is_given_up = False

    def is_over(self, seconds: float) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            threading.Thread(target=self._wait, daemon=True).start()
        except OSError:
            # A file system without locks.
            return True
        else:
            return True
        if self._ended.wait(seconds):
            return True
        with self._guard:
            self._is_given_up = not self._ended.is_set()
        return not self._is_given_up

    def _wait(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        finally:
            with self._guard:
                if self._is_given_up:
                    os.close(self._descriptor)
                else:
                    self._ended.set()
