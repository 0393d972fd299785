"""Old objects into staged files, exactly as they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from attachments.legacy.failures import Reason, RowError
from attachments.legacy.storage import LegacyObject, legacy_storage
from attachments.models import MISSING_KEY_PREFIX
from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.storage import cas_storage
from cas.storage.staging import CHUNK_BYTES, StagedFile, sha256_of, stage_chunks


def size_of(key: str) -> int:
    """The length of the old object, without reading it. Raises RowError."""
    with _legacy_errors():
        _refuse_missing(key)
        return legacy_storage().stat(key).size


def stage(key: str) -> StagedFile:
    """The old object in a staged file, which the caller closes.

    Raises RowError when it is missing, cannot be read, or is not the same before and after; StorageUnavailableError
    when there is no room for it.
    """
    with _legacy_errors():
        _refuse_missing(key)
        file, before = legacy_storage().open_object(key)
    with file:
        staged = stage_chunks(cas_storage().staging_dir, _chunks(file))
    try:
        _refuse_changed(key, before, staged.size)
    except BaseException:
        staged.close()
        raise
    return staged


def digest_of(key: str) -> str:
    """The SHA-256 of the old object. Raises RowError."""
    with _legacy_errors():
        file, _ = legacy_storage().open_object(key)
        with file:
            return sha256_of(file)


def _refuse_missing(key: str) -> None:
    if key.startswith(MISSING_KEY_PREFIX):
        raise BlobNotFoundError


def _refuse_changed(key: str, before: LegacyObject, size: int) -> None:
    with _legacy_errors():
        after = legacy_storage().stat(key)
    if after != before or size != before.size:
        raise RowError(Reason.CHANGED)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while True:
        with _legacy_errors():
            chunk = file.read(CHUNK_BYTES)
        if not chunk:
            return
        yield chunk


@contextmanager
def _legacy_errors() -> Iterator[None]:
    """Raise RowError instead of what a legacy store raises, or it would be taken for the content store's."""
    try:
        yield
    except BlobNotFoundError as error:
        raise RowError(Reason.MISSING) from error
    except (StorageUnavailableError, OSError) as error:
        raise RowError(Reason.UNREADABLE) from error
