"""Bytes on their way in: hashed while they arrive, straight into a temporary file."""

import fcntl
import hashlib
import os
import tempfile
import weakref
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from cas.errors import NO_ROOM, StorageUnavailableError
from cas.storage import write_failures

CHUNK_BYTES = 256 * 1024
# So many first bytes tell what a file is.
HEAD_BYTES = 1024
PREFIX = "staged-"


class StagedFile:
    """A temporary file that knows its size and SHA-256. Closing it, or forgetting it, removes the file.

    Every method that writes raises StorageUnavailableError when the disk refuses.
    """

    def __init__(self, directory: Path) -> None:
        try:
            # Not its parents: where a disk is not mounted nothing may appear.
            directory.mkdir(exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=PREFIX, dir=directory)
        except OSError as error:
            raise StorageUnavailableError from error
        self.path = Path(name)
        # Unbuffered: the chunks are large, and the file can be renamed or read by others at any time.
        self.file: BinaryIO = os.fdopen(descriptor, "w+b", buffering=0)
        # Tells the collector, which removes old temporary files, that this one is in use. On a file system without
        # locks it removes none.
        with suppress(OSError):
            fcntl.flock(self.file, fcntl.LOCK_SH)
        self.size = 0
        self.head = b""
        self._hash = hashlib.sha256()
        self._discard = weakref.finalize(self, _discard, self.file, self.path)

    @property
    def digest(self) -> str:
        """The SHA-256 of the bytes so far, as 64 lower-case hexadecimal digits."""
        return self._hash.hexdigest()

    @property
    def closed(self) -> bool:
        """Whether the temporary file is gone."""
        return not self._discard.alive

    def write(self, chunk: bytes) -> None:
        """Append the bytes to the file and to the hash."""
        if len(self.head) < HEAD_BYTES:
            self.head += chunk[: HEAD_BYTES - len(self.head)]
        self._hash.update(chunk)
        self.size += len(chunk)
        rest = memoryview(chunk)
        try:
            while rest:
                rest = rest[self.file.write(rest) :]
        except OSError as error:
            write_failures.note(self.path.parent)
            raise StorageUnavailableError(NO_ROOM) from error

    def seal(self) -> None:
        """All has been written: go back to the first byte."""
        self.file.seek(0)

    def close(self) -> None:
        """Remove the temporary file. What was published of it stays."""
        self._discard()


def _discard(file: BinaryIO, path: Path) -> None:
    file.close()
    path.unlink(missing_ok=True)


def stage_chunks(directory: Path, chunks: Iterable[bytes]) -> StagedFile:
    """A sealed file with these bytes, in pieces of any size."""
    staged = StagedFile(directory)
    try:
        for chunk in chunks:
            staged.write(chunk)
        staged.seal()
    except BaseException:
        staged.close()
        raise
    return staged


def sha256_of(file: BinaryIO) -> str:
    """The SHA-256 of a stream's bytes, in constant memory. Raises what the stream raises."""
    return hashlib.file_digest(cast("Any", file), "sha256").hexdigest()
