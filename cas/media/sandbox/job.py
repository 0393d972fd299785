"""One job in a child of the zygote: limits that hostile bytes cannot leave, the work, the answer.

The answer is a line of JSON, then bytes. `{}` begins a success, `{"error": …, "reason": …}` a refusal.
"""

import ctypes
import json
import mmap
import os
import resource
import signal
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import Any, BinaryIO

from cas.media.sandbox import conversion, documents, judge, thumbnails
from cas.media.sandbox.errors import RefusedError, TooManyPixelsError

MEGABYTE = 1024 * 1024
NICE = 10
_MAX_OUTPUT_BYTES = 32 * MEGABYTE
_MAX_OPEN_FILES = 16
_libc = ctypes.CDLL(None)
_libc.__errno_location.restype = ctypes.POINTER(ctypes.c_int)
_ENOMEM = 12
_PR_SET_PDEATHSIG = 1


def run(request: dict[str, Any], source: int, output: int, parent: int) -> None:
    """Do the work and write the answer. `source` and `output` are descriptors; `parent` is the zygote."""
    _limit(request["memory"], request["cpu_seconds"], parent)
    body = BytesIO()
    errno = _libc.__errno_location()
    errno[0] = 0
    try:
        head = _WORK[request["job"]](request, source, body)
    except MemoryError:
        head = {"error": "limit", "reason": "memory"}
    except RefusedError as error:
        # A decoder whose malloc() failed often calls the file broken.
        if error.code == "damaged" and (errno[0] == _ENOMEM or _peak_bytes() > request["memory"] * 0.8):
            head = {"error": "limit", "reason": "memory"}
        else:
            head = {"error": error.code, "reason": str(error)[:300]}
            if isinstance(error, TooManyPixelsError):
                head |= {"size": error.size, "kind": error.kind}
    if "error" in head:
        body = BytesIO()
    with open(output, "wb", closefd=False) as pipe:
        pipe.write(json.dumps(head).encode() + b"\n")
        pipe.write(body.getbuffer())


def _limit(memory: int, cpu_seconds: int, parent: int) -> None:
    # Dies with the zygote, and before it, when memory runs out.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    # Without Python's files: the first one of a new process takes a millisecond.
    with suppress(OSError):
        score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        os.write(score, b"1000")
        os.close(score)
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_OUTPUT_BYTES, _MAX_OUTPUT_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MAX_OPEN_FILES, _MAX_OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _peak_bytes() -> int:
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmPeak:"))
    except (OSError, StopIteration):
        return 0


def _read(source: int) -> bytes:
    with _opened(source) as file:
        return file.read()


def _mapped(source: int) -> bytes | mmap.mmap:
    """As `_read`, without a copy: in a new process each page of one takes as long as hashing it."""
    try:
        return mmap.mmap(source, 0, mmap.MAP_PRIVATE | mmap.MAP_POPULATE, mmap.PROT_READ)
    except (OSError, ValueError):
        # A file system that has no maps; an empty file.
        return _read(source)


def _opened(source: int) -> BinaryIO:
    # Not the descriptor itself: its position is the web process's.
    return open(f"/proc/self/fd/{source}", "rb")


def _judge(request: dict[str, Any], source: int, output: BinaryIO) -> dict[str, Any]:
    picture = judge.decode(_mapped(source), request["kind"], request["max_pixels"])
    return {"size": picture.size}


def _thumbnail(request: dict[str, Any], source: int, output: BinaryIO) -> dict[str, Any]:
    size = request["size"]
    picture = judge.decode(_mapped(source), request["kind"], request["max_pixels"], at_least=2 * size)
    thumbnails.save_thumbnail(picture, size, output)
    return {}


def _first_page(request: dict[str, Any], source: int, output: BinaryIO) -> dict[str, Any]:
    with _opened(source) as file:
        documents.save_first_page(file, request["size"], output)
    return {}


def _convert(request: dict[str, Any], source: int, output: BinaryIO) -> dict[str, Any]:
    return {"size": conversion.convert_to_png(_read(source), request["max_pixels"], output)}


_WORK: dict[str, Callable[[dict[str, Any], int, BinaryIO], dict[str, Any]]] = {
    "judge": _judge,
    "thumbnail": _thumbnail,
    "first_page": _first_page,
    "convert": _convert,
}
