"""Running a job in a child of this process's zygote: started at first use, again when it died, gone with this process.

The web process keeps the wall clock. Whatever is killed, and whenever, no child stays: the zygote dies with this
process (the end of its standard input), a child with the zygote, and with the one who waits for it.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from io import UnsupportedOperation
from pathlib import Path
from shutil import copyfileobj
from typing import IO, Any

import structlog

from cas.media.sandbox.protocol import ENDED, STARTED

logger = structlog.get_logger(__name__)

MEMORY_BYTES = 768 * 1024 * 1024
CPU_SECONDS = 5
# A job waits for the processor, too: it is nice.
WALL_SECONDS = 15.0
NEEDS_LINUX = (
    "Pictures and PDFs are opened in processes with limits that only Linux has. Run the server on Linux, or in a Linux "
    "container or virtual machine."
)
_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from cas.media.sandbox.zygote import main; main()"
# Importing takes a tenth of a second; a machine may be busy.
_START_SECONDS = 10.0
_ATTEMPTS = 3
_MAX_ANSWER_BYTES = 32 * 1024 * 1024
_ABORTED = {-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGILL}


class JobError(Exception):
    """The job has no answer. `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class JobLimitError(JobError):
    """It took more processor time or memory than a job may."""


class JobTimeoutError(JobError):
    """Its caller's time was over first: the machine is busy, or the caller had little time."""


class JobCrashedError(JobError):
    """The decoder died of what it read."""


class _DiedError(Exception):
    """Nobody knows how the job would have ended."""


@dataclass
class Answer:
    """What a job found, the bytes that it made, and what it took."""

    head: dict[str, Any]
    body: bytes
    peak_bytes: int = 0
    cpu_seconds: float = 0


def run(job: dict[str, Any], file: IO[bytes], *, seconds: float = WALL_SECONDS) -> Answer:
    """Run the job on all of the file, whose position stays, and return its answer.

    Raises JobLimitError, JobTimeoutError, JobCrashedError; RuntimeError on a system that is not Linux.
    """
    if sys.platform != "linux":
        raise RuntimeError(NEEDS_LINUX)
    end = time.monotonic() + seconds
    request = json.dumps({"memory": MEMORY_BYTES, "cpu_seconds": CPU_SECONDS, **job}).encode()
    with _descriptor(file) as source:
        for _ in range(_ATTEMPTS):
            with suppress(_DiedError):
                return _attempt(request, source, end)
            logger.warning("media_process_died")
    raise JobTimeoutError("its process died several times")


@contextmanager
def _descriptor(file: IO[bytes]) -> Iterator[int]:
    """One of the file's own; a file that has none is copied."""
    try:
        descriptor = file.fileno()
    except (UnsupportedOperation, AttributeError):
        with tempfile.TemporaryFile() as copy:
            position = file.tell()
            file.seek(0)
            copyfileobj(file, copy)
            file.seek(position)
            copy.flush()
            yield copy.fileno()
    else:
        file.flush()
        yield descriptor


def _attempt(request: bytes, source: int, end: float) -> Answer:
    zygote = _zygote()
    reading, writing = os.pipe()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with open(reading, "rb", buffering=0) as answers, closing(ours):
        try:
            zygote.send(request, [source, writing, theirs.fileno()])
        finally:
            os.close(writing)
            theirs.close()
        return _Wait(answers, ours, end).result(zygote)


class _Wait:
    """For the answer of one job, and for its end."""

    def __init__(self, answers: IO[bytes], control: socket.socket, end: float) -> None:
        self._answers = answers
        self._control = control
        self._end = end
        self._data = bytearray()
        self._started = False
        self._usage: tuple[int, int, int] | None = None

    def result(self, zygote: "_Zygote") -> Answer:
        """Leaving it in any way closes the control socket, and so kills the child."""
        poll = select.poll()
        waiting: dict[int, Callable[[], bool]] = {
            self._answers.fileno(): self._read_answer,
            self._control.fileno(): self._read_control,
        }
        for descriptor in waiting:
            poll.register(descriptor, select.POLLIN)
        while waiting:
            left = self._end - time.monotonic()
            if left <= 0:
                if not self._started:
                    # It does not even take jobs: stopped, or starved.
                    zygote.stop()
                raise JobTimeoutError("the time is up")
            for descriptor, _ in poll.poll(left * 1000):
                if not waiting[descriptor]():
                    poll.unregister(descriptor)
                    del waiting[descriptor]
        return self._answer()

    def _read_answer(self) -> bool:
        chunk = self._answers.read(256 * 1024)
        self._data += chunk
        if len(self._data) > _MAX_ANSWER_BYTES:
            raise JobCrashedError("the answer is too long")
        return bool(chunk)

    def _read_control(self) -> bool:
        message = self._control.recv(64)
        if message == STARTED:
            self._started = True
        elif message:
            self._usage = ENDED.unpack(message)
        return bool(message)

    def _answer(self) -> Answer:
        if self._usage is None:
            raise _DiedError
        status, kilobytes, milliseconds = self._usage
        code = os.waitstatus_to_exitcode(status)
        spent = milliseconds >= CPU_SECONDS * 900
        if code == -signal.SIGXCPU or (code == -signal.SIGKILL and spent):
            raise JobLimitError("processor time")
        if code == -signal.SIGKILL:
            # Not by us: the whole machine ran out of memory, or somebody stopped it.
            raise _DiedError
        # PDFium ends itself when there is no more memory.
        if code in _ABORTED or (code < 0 and kilobytes * 1024 > MEMORY_BYTES / 2):
            raise JobLimitError(f"memory, exit code {code}")
        if code != 0:
            raise JobCrashedError(f"exit code {code}")
        head, _, body = bytes(self._data).partition(b"\n")
        return Answer(json.loads(head), body, kilobytes * 1024, milliseconds / 1000)


@dataclass
class _Zygote:
    process: "subprocess.Popen[bytes]"
    requests: socket.socket
    owner: int = field(default_factory=os.getpid)

    def send(self, request: bytes, descriptors: list[int]) -> None:
        try:
            socket.send_fds(self.requests, [request], descriptors)
        except OSError as error:
            self.stop()
            raise _DiedError from error

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """Its children die with it."""
        self.process.kill()
        self.requests.close()
        self.process.wait()


_lock = threading.Lock()
_current: _Zygote | None = None


def _zygote() -> _Zygote:
    """The one of this process."""
    global _current  # noqa: PLW0603  (one for the process)
    with _lock:
        if _current is None or not _current.is_alive:
            if _current is not None:
                _current.stop()
            _current = _start()
        return _current


def _start() -> _Zygote:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        # -I: neither the environment nor the current folder decides what it imports. A session of its own: what is
        # sent to the terminal's processes is not for it.
        process = subprocess.Popen(  # noqa: S603  (our own program)
            [sys.executable, "-I", "-c", _PROGRAM],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            env={},
            cwd="/",
            start_new_session=True,
        )
    ours.settimeout(_START_SECONDS)
    return _Zygote(process, ours)


def stop() -> None:
    """Stop this process's zygote, if it has one; the next job starts another."""
    global _current  # noqa: PLW0603
    with _lock:
        if _current is not None:
            _current.stop()
            _current = None


def _forget() -> None:
    """In a forked process: the zygote is its parent's, and would live on as long as this descriptor is open."""
    global _current, _lock  # noqa: PLW0603
    _lock = threading.Lock()
    if _current is not None:
        _current.requests.close()
        # Or its destructor would look for a process that is not a child of this one.
        _current.process.returncode = 0
        _current = None


atexit.register(stop)
os.register_at_fork(after_in_child=_forget)
