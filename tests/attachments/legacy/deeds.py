"""Work for other processes. They import this module, so it must not start any of the tests' servers."""

import os
import signal
import time
from pathlib import Path


def twice(number: int) -> int:
    """Work that a fresh process finds, too."""
    return 2 * number


def process_of(number: int) -> int:
    """Who does it."""
    return os.getpid()


def leave_a_mark(folder: Path, number: int) -> int:
    """Shows that it was begun."""
    (folder / str(number)).touch()
    time.sleep(0.01)
    return number


def die(number: int) -> None:
    """As the kernel does to a process that takes too much memory."""
    os.kill(os.getpid(), signal.SIGKILL)
