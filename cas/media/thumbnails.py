"""Derived pictures, kept in `STORAGES["thumbnails"]`. They may be deleted at any time."""

import os
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO, cast

from cas import metrics
from cas.errors import DamagedImageError, DecodingLimitError, StorageUnavailableError
from cas.media.filetypes import FILE, PDF, recognise
from cas.media.folders import thumbnail_folder
from cas.media.images import RECIPE, thumbnail_jpeg
from cas.media.pdf import NotRenderableError, RenderLimitError, first_page_jpeg
from cas.media.slots import PATIENCE_SECONDS, locked
from cas.storage import is_digest
from cas.storage.staging import CHUNK_BYTES, HEAD_BYTES, sha256_of

THUMBNAIL_SIZES = (150, 300, 500, 1000)
CONTENT_TYPE = "image/jpeg"

_LOCKS = 64
# Another version may show what this one could not.
_RENDERER = f"{RECIPE}-{version('pypdfium2')}"
# What is remembered of a failure. A picture that is damaged is looked at again: it costs little.
_NOTES: dict[type[Exception], str] = {
    NotRenderableError: "failed",
    RenderLimitError: "document took too much",
    DecodingLimitError: "picture took too much",
}
_DRAFT_PREFIX = ".draft-"
# What took too much is tried again after this time: another machine, another moment, another limit.
_LIMIT_MEMORY_SECONDS = 3600


def thumbnail_size(size: int) -> int:
    """The next size on the ladder, so that a stranger cannot fill the disk with a size for every pixel."""
    return next(step for step in THUMBNAIL_SIZES if step >= size)


def thumbnail(name: str, size: int, open_original: Callable[[], BinaryIO]) -> BinaryIO:
    """The JPEG for `name`, a digest or the like, that fits in a square of `size` pixels, made on first use.

    Raises CannotShowError when no picture can be made, NotRenderableError for a PDF whose first page cannot be shown,
    DecodingBusyError when too many others are being made; BlobNotFoundError, StorageUnavailableError as the original.
    """
    folder = thumbnail_folder()
    path = _picture(folder, name, size)
    try:
        file = path.open("rb")
    except FileNotFoundError:
        metrics.THUMBNAIL_CACHE.labels("miss").inc()
    else:
        metrics.THUMBNAIL_CACHE.labels("hit").inc()
        return file
    failure = _failure(folder, name)
    with _one_at_a_time(folder, path.name):
        # Whoever held the lock before may have made it.
        if not path.exists():
            _refuse_known_failure(failure)
            try:
                _make(path, name, size, open_original)
            except (NotRenderableError, DecodingLimitError) as error:
                failure.write_text(_NOTES[type(error)])
                raise
        return path.open("rb")


def drafts() -> Iterator[Path]:
    """The files that become thumbnails when they are complete."""
    return thumbnail_folder().glob(f"{_DRAFT_PREFIX}*")


def forget(name: str) -> None:
    """Remove what was derived from `name`, and the note that nothing could be, as far as this version made it."""
    folder = thumbnail_folder()
    for path in (*(_picture(folder, name, size) for size in THUMBNAIL_SIZES), _failure(folder, name)):
        path.unlink(missing_ok=True)


def _picture(folder: Path, name: str, size: int) -> Path:
    return folder / f"{name}_{size}.{RECIPE}.jpg"


def _failure(folder: Path, name: str) -> Path:
    return folder / f"{name}.{_RENDERER}.failed"


@contextmanager
def _one_at_a_time(folder: Path, name: str) -> Iterator[None]:
    """A hundred first requests for one picture decode once, in whatever processes they are."""
    bucket = zlib.crc32(name.encode()) % _LOCKS
    with locked([folder / f".lock-{bucket}"], time.monotonic() + PATIENCE_SECONDS):
        yield


def _refuse_known_failure(failure: Path) -> None:
    try:
        note = failure.read_text()
        age = time.time() - failure.stat().st_mtime
    except FileNotFoundError:
        return
    error = next((kind for kind, text in _NOTES.items() if text == note), NotRenderableError)
    if error is NotRenderableError or age <= _LIMIT_MEMORY_SECONDS:
        raise error


def _make(path: Path, name: str, size: int, open_original: Callable[[], BinaryIO]) -> None:
    with open_original() as stream, tempfile.NamedTemporaryFile() as original:
        # Another process opens it, and seeks; a stream from S3 can neither be opened nor sought.
        copyfileobj(stream, original, CHUNK_BYTES)
        original.flush()
        original.seek(0)
        if is_digest(name) and sha256_of(cast("BinaryIO", original)) != name:
            # Half of a file, say: a thumbnail of it, or the note that there is none, would be kept for ever.
            raise StorageUnavailableError
        original.seek(0)
        file_type = recognise(original.read(HEAD_BYTES))
        if file_type is FILE:
            raise DamagedImageError
        descriptor, draft = tempfile.mkstemp(prefix=_DRAFT_PREFIX, dir=path.parent)
        try:
            with os.fdopen(descriptor, "w+b") as output:
                if file_type is PDF:
                    first_page_jpeg(original.file, size, output)
                else:
                    thumbnail_jpeg(original.file, file_type, size, output)
            # By a rename, or a reader would see, and cache for a year, half a picture.
            os.replace(draft, path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
