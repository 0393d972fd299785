"""Derived pictures, kept in `STORAGES["thumbnails"]`. They may be deleted at any time."""

import fcntl
import os
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO

from django.core.files.storage import FileSystemStorage, storages

from cas import metrics
from cas.media.filetypes import PDF, recognise
from cas.media.images import RECIPE, thumbnail_jpeg
from cas.media.pdf import NotRenderableError, RenderTimeoutError, first_page_jpeg
from cas.storage.staging import CHUNK_BYTES, HEAD_BYTES

THUMBNAIL_SIZES = (150, 300, 500, 1000)
CONTENT_TYPE = "image/jpeg"

_LOCKS = 64
# Another version may show what this one could not.
_RENDERER = f"{RECIPE}-{version('pypdfium2')}"
_DRAFT_PREFIX = ".draft-"
_TIMEOUT_MEMORY_SECONDS = 3600


def thumbnail_size(size: int) -> int:
    """The next of the sizes, so that a stranger cannot fill the disk with a size for every pixel."""
    return next(step for step in THUMBNAIL_SIZES if step >= size)


def thumbnail(name: str, size: int, open_original: Callable[[], BinaryIO]) -> BinaryIO:
    """The JPEG for `name`, a digest or the like, that fits in a square of `size` pixels, made on first use.

    Raises CannotShowError when no picture can be made, NotRenderableError for a PDF whose first page cannot be shown,
    BlobNotFoundError and StorageUnavailableError as the original.
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
                _make(path, size, open_original)
            except NotRenderableError as error:
                failure.write_text("timeout" if isinstance(error, RenderTimeoutError) else "failed")
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


def thumbnail_folder() -> Path:
    """Where they are; made if need be."""
    storage = storages["thumbnails"]
    if not isinstance(storage, FileSystemStorage):
        raise TypeError('STORAGES["thumbnails"] must be a folder: thumbnails appear by a rename.')
    folder = Path(storage.location)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _picture(folder: Path, name: str, size: int) -> Path:
    return folder / f"{name}_{size}.{RECIPE}.jpg"


def _failure(folder: Path, name: str) -> Path:
    return folder / f"{name}.{_RENDERER}.failed"


@contextmanager
def _one_at_a_time(folder: Path, name: str) -> Iterator[None]:
    """A hundred first requests for one picture decode once, in whatever processes they are."""
    bucket = zlib.crc32(name.encode()) % _LOCKS
    with (folder / f".lock-{bucket}").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _refuse_known_failure(failure: Path) -> None:
    try:
        was_timeout = failure.read_text() == "timeout"
        age = time.time() - failure.stat().st_mtime
    except FileNotFoundError:
        return
    if was_timeout and age > _TIMEOUT_MEMORY_SECONDS:
        return
    raise NotRenderableError


def _make(path: Path, size: int, open_original: Callable[[], BinaryIO]) -> None:
    with open_original() as stream, tempfile.NamedTemporaryFile() as original:
        # Pillow seeks and PDFium wants a path; a stream from S3 has neither.
        copyfileobj(stream, original, CHUNK_BYTES)
        original.flush()
        original.seek(0)
        is_pdf = recognise(original.read(HEAD_BYTES)) is PDF
        original.seek(0)
        descriptor, draft = tempfile.mkstemp(prefix=_DRAFT_PREFIX, dir=path.parent)
        try:
            with os.fdopen(descriptor, "w+b") as output:
                if is_pdf:
                    first_page_jpeg(Path(original.name), size, output)
                else:
                    thumbnail_jpeg(original.file, size, output)
            # By a rename, or a reader would see, and cache for a year, half a picture.
            os.replace(draft, path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
