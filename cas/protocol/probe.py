"""What the store can do, tried with an object of our own that nothing refers to and that is deleted at the end."""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, takewhile

from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.storage import CASStorage, S3CASStorage, write_failures
from cas.storage.s3 import CHECKSUMS
from cas.storage.staging import StagedFile, sha256_of, stage_chunks
from core.errors import cause_of

_SIZE = 300_000
# S3 lists in the order of the keys: before an object whose name begins so there are few, however many there are.
_FIRST = "000"


@dataclass(frozen=True)
class Step:
    """What was tried, and a sentence that says how it went. What failed and `is_needed` makes the store useless."""

    name: str
    worked: bool
    sentence: str
    is_needed: bool = True


def probe(storage: CASStorage) -> Iterator[Step]:
    """Write, look, read, read a part, list and delete, as uploads and downloads do. Tells of each step once it is done.

    Raises StorageUnavailableError when there is no room for the temporary file.
    """
    staged = _staged(storage)
    try:
        written = _try(storage, staged, "write", _write, f"A file can be written, {_proof(storage)}.")
        yield written
        if written.worked:
            write_failures.clear(storage.staging_dir)
        else:
            write_failures.note(storage.staging_dir)
            yield from _other_checksums(storage, staged)
            return
        yield _try(storage, staged, "look", _look, "Its size can be asked for.")
        yield _try(storage, staged, "read", _read, "It can be read, and the bytes are those that were written.")
        yield _try(storage, staged, "read_part", _read_part, "A part of it can be read.")
        if isinstance(storage, S3CASStorage):
            yield from _habits(storage, staged)
        yield _try(storage, staged, "list", _list, "It is in the list of the files.")
        yield _try(storage, staged, "delete", _delete, "It can be deleted, and is gone then.")
    finally:
        # Also after a failure: half of a file may have arrived. Nothing refers to it, and nobody else has these bytes.
        with suppress(StorageUnavailableError):
            storage.remove(staged.digest)
        staged.close()


def _staged(storage: CASStorage) -> StagedFile:
    data = b"Written by check_storage." + secrets.token_bytes(_SIZE)
    begun = hashlib.sha256(data)
    for number in count():
        ending = number.to_bytes(8, "big")
        hashed = begun.copy()
        hashed.update(ending)
        if hashed.hexdigest().startswith(_FIRST):
            break
    return stage_chunks(storage.staging_dir, [data, ending])


def _try(
    storage: CASStorage, staged: StagedFile, name: str, step: Callable[[CASStorage, StagedFile], bool], success: str
) -> Step:
    try:
        worked, reason = step(storage, staged), ""
    except (StorageUnavailableError, BlobNotFoundError) as error:
        worked, reason = False, cause_of(error) or f" ({error})"
    return Step(name, worked, success if worked else f"{_FAILED[name]}{reason}.".replace("..", "."))


_FAILED = {
    "write": "No file can be written",
    "look": "A file that was written is not found, or has another size",
    "read": "A file that was written cannot be read, or has other bytes",
    "read_part": "A part of a file cannot be read, or has other bytes",
    "list": "A file that was written is not in the list of the files",
    "delete": "A file cannot be deleted, or is still there afterwards",
}


def _write(storage: CASStorage, staged: StagedFile) -> bool:
    storage.publish(staged)
    return True


def _look(storage: CASStorage, staged: StagedFile) -> bool:
    stored = storage.stat(staged.digest)
    return stored is not None and stored.size == staged.size


def _read(storage: CASStorage, staged: StagedFile) -> bool:
    with storage.open_range(staged.digest) as file:
        return sha256_of(file) == staged.digest


def _read_part(storage: CASStorage, staged: StagedFile) -> bool:
    with storage.open_range(staged.digest, 11, 13) as file:
        return file.read() == b"check_storage"


def _list(storage: CASStorage, staged: StagedFile) -> bool:
    names = (stored.name for stored in storage.objects())
    return staged.digest in takewhile(lambda name: name <= staged.digest, names)


def _delete(storage: CASStorage, staged: StagedFile) -> bool:
    storage.remove(staged.digest)
    return storage.stat(staged.digest) is None


def _proof(storage: CASStorage) -> str:
    if not isinstance(storage, S3CASStorage):
        return "and is durable"
    return "and was read back" if storage.checksum == "none" else f"with a checksum ({storage.checksum})"


def _other_checksums(storage: CASStorage, staged: StagedFile) -> Iterator[Step]:
    """Whether it is the checksum that the server does not take."""
    if not isinstance(storage, S3CASStorage):
        return
    for checksum in CHECKSUMS:
        other = storage.with_checksum(checksum)
        steps = (_try(other, staged, name, step, "") for name, step in (("write", _write), ("read", _read)))
        if checksum != storage.checksum and all(step.worked for step in steps):
            yield Step("checksum", True, f"With AWS_S3_CHECKSUM={checksum} it can: set that.", is_needed=False)
            return


def _habits(storage: S3CASStorage, staged: StagedFile) -> Iterator[Step]:
    """What the server need not do, since it is done here in its place."""
    ranges = storage.sends_parts(staged.digest)
    yield Step(
        "ranges",
        ranges,
        "The server sends parts." if ranges else "The server sends the whole instead of a part; it is cut out here.",
        is_needed=False,
    )
    if storage.checksum != "none":
        compares = storage.compares_checksums(staged)
        yield Step(
            "checksum",
            compares,
            "The server refuses bytes that do not fit their checksum."
            if compares
            else "The server does not compare the checksum with the bytes. AWS_S3_CHECKSUM=none reads them back.",
            is_needed=False,
        )
