"""What was fetched within the last minute, in a folder that all processes of the server share.

An entry is one file, named by the SHA-256 of the URL: a line of JSON, then the bytes of the document or picture, if
there is one. (Django's file cache would hold whole PDFs in memory, and bounds the number of entries, but not of bytes.)
"""

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from attachments.fetching.bodies import FetchedFile
from attachments.fetching.fetch import Fetched
from cas.errors import StorageUnavailableError
from cas.media.filetypes import BY_CONTENT_TYPE, FileType
from cas.storage import cas_storage
from cas.storage.staging import CHUNK_BYTES, stage_chunks

REMEMBERED_SECONDS = 60
MAX_ENTRIES = 32
MAX_BYTES = 200_000_000

_clock: threading.Timer | None = None


@dataclass(frozen=True)
class Entry:
    """What was found at a URL. `data` has the bytes of the document or picture, if there are any. Close it."""

    data: BinaryIO
    kind: str
    title: str
    notice: str | None
    content_type: str = ""
    filename: str = ""

    @property
    def file_type(self) -> FileType | None:
        """What the bytes are; None without bytes."""
        return BY_CONTENT_TYPE.get(self.content_type)

    @property
    def has_picture(self) -> bool:
        """Whether the bytes are a picture that browsers show."""
        return self.file_type is not None and self.file_type.kind == "image" and self.file_type.is_shown

    def fetched(self) -> Fetched:
        """What `fetch` returned, in staging again. Raises StorageUnavailableError."""
        file = None
        if self.file_type is not None:
            chunks = iter(partial(self.data.read, CHUNK_BYTES), b"")
            file = FetchedFile(stage_chunks(cas_storage().staging_dir, chunks), self.file_type, self.filename)
        return Fetched(self.kind, self.title, file, self.notice)

    def close(self) -> None:
        """Forget the bytes; they stay for others."""
        self.data.close()


def keep(url: str, fetched: Fetched) -> Entry:
    """Remember for a minute what was found, in place of what was there. Raises StorageUnavailableError."""
    path = _path(url)
    try:
        with closing(stage_chunks(cas_storage().staging_dir, _written(fetched))) as draft:
            entry = _read(draft.path.open("rb"))
            path.parent.mkdir(exist_ok=True)
            # Whoever reads it at this moment reads a whole one.
            os.replace(draft.path, path)
    except OSError as error:
        raise StorageUnavailableError from error
    tidy()
    return entry


def find(url: str) -> Entry | None:
    """What was found there, if that is not too long ago."""
    try:
        file = _path(url).open("rb")
    except FileNotFoundError:
        return None
    # ValueError: torn, since a rename may survive a power cut that the bytes did not survive.
    with suppress(ValueError):
        if time.time() - os.fstat(file.fileno()).st_mtime <= REMEMBERED_SECONDS:
            return _read(file)
    file.close()
    return None


def tidy(*, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES) -> None:
    """Remove what is too old, and the oldest of what is too much; look again while something is left."""
    total = left = 0
    for age, size, path in sorted(_files()):
        total += size
        if left == max_entries or total > max_bytes or age > REMEMBERED_SECONDS:
            path.unlink(missing_ok=True)
        else:
            left += 1
    if left:
        _tidy_later()


def _tidy_later() -> None:
    global _clock  # noqa: PLW0603  (one for the process)
    if _clock is None:
        _clock = threading.Timer(REMEMBERED_SECONDS + 1, _wake)
        _clock.daemon = True
        _clock.start()


def _wake() -> None:
    global _clock  # noqa: PLW0603
    _clock = None
    tidy()


def _written(fetched: Fetched) -> Iterator[bytes]:
    note = {"kind": fetched.kind, "title": fetched.title, "notice": fetched.notice}
    if fetched.file is None:
        yield json.dumps(note).encode() + b"\n"
        return
    note |= {"content_type": fetched.file.file_type.content_type, "filename": fetched.file.filename}
    yield json.dumps(note).encode() + b"\n"
    with fetched.file.staged.path.open("rb") as data:
        yield from iter(partial(data.read, CHUNK_BYTES), b"")


def _read(file: BinaryIO) -> Entry:
    return Entry(file, **json.loads(file.readline()))


def _path(url: str) -> Path:
    return _folder() / hashlib.sha256(url.encode()).hexdigest()


def _folder() -> Path:
    # On the file system of the staged files, so that a rename suffices.
    return cas_storage().staging_dir.with_name("previews")


def _files() -> Iterator[tuple[float, int, Path]]:
    """Age in seconds, bytes and path."""
    for path in _folder().glob("*"):
        with suppress(FileNotFoundError):
            status = path.stat()
            yield time.time() - status.st_mtime, status.st_size, path
