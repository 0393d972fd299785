"""Copies of single contents between a store and a backup, in either direction: hashed on the way, and read again."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from backups.errors import BackupError, DamagedBackupError
from backups.manifests import Item
from cas.audit import compare
from cas.audit.findings import Finding, Kind, Severity
from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.storage import CASStorage, is_digest
from cas.storage.staging import CHUNK_BYTES, StagedFile, sha256_of, stage_chunks
from core.threads import in_parallel

# After so many failures in a row it is not the contents, it is the store.
_MAX_FAILURES = 20


class Outcome(StrEnum):
    """What became of a content."""

    WHOLE = "whole"
    COPIED = "copied"
    MISSING = "missing"
    CORRUPT = "corrupt"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Copied:
    """A content, whether the target had something under its digest before, and what became of it."""

    item: Item
    was_held: bool
    outcome: Outcome


def finding(copied: Copied, sentences: Mapping[Outcome, str]) -> Finding:
    """What could not be copied, as the checks of the store say such things."""
    return Finding(Kind(copied.outcome), Severity.CRITICAL, copied.item.digest, sentences[copied.outcome])


class _SourceError(Exception):
    """The source failed while it was read."""


def copy_all(
    items: Iterable[Item], source: CASStorage, target: CASStorage, *, jobs: int, deep: bool = False
) -> Iterator[Copied]:
    """Bring the contents, sorted by digest, that the target does not hold in that size; with `deep`, in these bytes.

    Yields what was looked at. Raises StorageUnavailableError when source or target fails for good.
    """

    def bring(entry: tuple[Item, bool]) -> Copied:
        item, is_held = entry
        whole = deep and is_held and is_whole(item.digest, target)
        return Copied(item, is_held, Outcome.WHOLE if whole else copy(item, source, target))

    failures = 0
    for copied in in_parallel(bring, due(items, target, every=deep), jobs):
        failures = failures + 1 if copied.outcome is Outcome.UNREADABLE else 0
        if failures == _MAX_FAILURES:
            raise StorageUnavailableError
        yield copied


def due(items: Iterable[Item], target: CASStorage, *, every: bool) -> Iterator[tuple[Item, bool]]:
    """Those that the target does not hold in that size, or all; and whether it holds something under the digest."""
    held = (stored for stored in target.objects() if is_digest(stored.name))
    objects = compare.ascending(held, lambda stored: stored.name, "the target")
    for row, stored in compare.merged(((item.digest, item.size) for item in items), objects):
        if row is not None and (every or stored is None or stored.size != row[1]):
            yield Item(*row), stored is not None


def copy(item: Item, source: CASStorage, target: CASStorage) -> Outcome:
    """Copy one content, if its bytes are those of its digest. Raises StorageUnavailableError when the target fails."""
    try:
        file = source.open_range(item.digest)
    except BlobNotFoundError:
        return Outcome.MISSING
    except StorageUnavailableError:
        return Outcome.UNREADABLE
    with file:
        try:
            staged = stage_chunks(target.staging_dir, _chunks(file))
        except _SourceError:
            return Outcome.UNREADABLE
    try:
        if staged.digest != item.digest:
            return Outcome.CORRUPT
        publish(staged, target)
    finally:
        staged.close()
    return Outcome.COPIED


def keep(path: Path, target: CASStorage) -> Item:
    """Put a file into the backup under its SHA-256."""
    with path.open("rb") as file:
        staged = stage_chunks(target.staging_dir, iter(lambda: file.read(CHUNK_BYTES), b""))
    try:
        item = Item(staged.digest, staged.size)
        publish(staged, target)
    finally:
        staged.close()
    return item


def fetch(item: Item, source: CASStorage, path: Path, what: str) -> Path:
    """Write a thing of the backup to a file. Raises DamagedBackupError when it is not there or has changed."""
    try:
        with source.open_range(item.digest) as file, path.open("wb") as copied:
            for chunk in iter(lambda: file.read(CHUNK_BYTES), b""):
                copied.write(chunk)
    except BlobNotFoundError as error:
        raise DamagedBackupError(f"The backup has lost {what}.") from error
    with path.open("rb") as file:
        if sha256_of(file) != item.digest:
            raise DamagedBackupError(f"The backup's copy of {what} is damaged.")
    return path


def publish(staged: StagedFile, target: CASStorage) -> None:
    """Put the staged bytes there, and read them again. Raises BackupError when they come back otherwise."""
    target.publish(staged)
    if not is_whole(staged.digest, target):
        raise BackupError("What was just written reads otherwise. The disk or the server under it is failing.")


def is_whole(digest: str, storage: CASStorage) -> bool:
    """Whether the bytes there are those of the digest. Raises StorageUnavailableError."""
    try:
        with storage.open_range(digest) as file:
            return sha256_of(file) == digest
    except BlobNotFoundError:
        return False
    except OSError as error:
        raise StorageUnavailableError from error


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    try:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
    except (OSError, StorageUnavailableError) as error:
        raise _SourceError from error
