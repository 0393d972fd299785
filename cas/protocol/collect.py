"""The collector's side of the blob protocol (docs/protocol.md): one function for each of its steps.

MARK is `mark_unused` and `unmark_used`. PURGE is A `lay_tombstones`, S `delete_object`, B `remove_tombstones`. RETRY
is `renew_tombstone`, then S and B. `sweep` is S and B, for the tombstones of both; `cas_gc` puts them together. Any
number of processes may run them at once; what another one has locked is skipped, and comes again the next time.

Rows are locked FOR UPDATE, never NO KEY UPDATE, which does not conflict with the lock of a foreign key. Wrong marks are
not unsafe: what decides is the foreign key, when A deletes the row.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID, uuid4

import structlog
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from cas import references
from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.media import thumbnails
from cas.models import Blob, Purge
from cas.protocol import binding
from cas.storage import cas_storage
from core.batches import in_batches
from core.threads import in_parallel

Item = TypeVar("Item")

logger = structlog.get_logger(__name__)

GRACE = timedelta(hours=24)
DELETE_DEADLINE_SECONDS = 30

# Blobs that go in one transaction: each transaction waits for the disk, and each tombstone keeps an upload waiting.
TOGETHER = 20

# Rows that are marked in one transaction; an upload of one of them waits that long.
_LOCKED_ROWS = 500


class Outcome(StrEnum):
    """What became of one blob or tombstone."""

    PURGED = "purged"  # Row and object are gone.
    UNMARKED = "absolved"  # Something refers to it after all. (The word in reports and metrics.)
    SKIPPED = "skipped"  # Somebody else has it, or it changed a moment ago.
    POSTPONED = "postponed"  # Nobody knows whether the object is gone; the tombstone stays until RETRY.


@dataclass(frozen=True)
class Tombstone:
    """The right to delete one object, once. `laid_at` is this process's clock, in seconds; it goes on in suspend."""

    digest: str
    token: UUID
    laid_at: float


# --- MARK ------------------------------------------------------------------------------------------


def mark_unused(at_a_time: int = _LOCKED_ROWS) -> Iterator[int]:
    """Mark what nothing refers to for deletion; the grace of each begins now. Yields how many, batch by batch."""
    for batch in in_batches(references.unused_digests(), at_a_time, key=str):
        yield mark(batch)


def unmarked_unused() -> QuerySet[Blob]:
    """Blobs that nothing refers to and that are not marked yet."""
    return Blob.objects.filter(condemned_at=None, pk__in=references.unused_digests())


def mark(digests: Collection[str]) -> int:
    """Mark those of the blobs that still have no reference. Returns how many."""
    with transaction.atomic(durable=True):
        locked = _lock(Blob.objects.filter(pk__in=digests, condemned_at=None))
        # A new statement: it sees the references of whoever held the lock before.
        return references.unused(Blob.objects.filter(pk__in=locked)).update(condemned_at=Now())


def unmark_used(at_a_time: int = _LOCKED_ROWS) -> Iterator[int]:
    """Unmark what something refers to by now. Yields how many, batch by batch."""
    for batch in in_batches(marked_used().values_list("pk", flat=True), at_a_time, key=str):
        with transaction.atomic(durable=True):
            unmarked = _unmark(_lock(marked_used().filter(pk__in=batch)))
        yield unmarked


def marked_used() -> QuerySet[Blob]:
    """Marked blobs that something refers to."""
    return references.used(Blob.objects.filter(condemned_at__isnull=False))


# --- PURGE -----------------------------------------------------------------------------------------


def purgeable(grace: timedelta) -> QuerySet[Blob]:
    """Blobs whose grace is over. What refers to them is looked at in `lay_tombstones`."""
    return Blob.objects.filter(condemned_at__lte=_ago(grace))


def lay_tombstone(digest: str, grace: timedelta) -> Tombstone | Outcome:
    """Step A for one blob: its tombstone, or the reason why there is none."""
    return lay_tombstones([digest], grace)[digest]


def lay_tombstones(digests: Sequence[str], grace: timedelta) -> dict[str, Tombstone | Outcome]:
    """Step A: put tombstones in the place of the rows, in one transaction. Says of each why there is none.

    Raises StoreBindingError when the store belongs to another database, StorageUnavailableError when it does not tell.
    """
    # Before every batch: a store may be bound to another database while a long collection runs.
    binding.require()
    try:
        return _exchange(digests, grace)
    except IntegrityError:
        # A reference that nobody could see before; on PostgreSQL it shows at COMMIT.
        if len(digests) > 1:
            return {digest: lay_tombstone(digest, grace) for digest in digests}
    logger.info("blob_still_referenced", digest=digests[0])
    with transaction.atomic(durable=True):
        _unmark(_lock(Blob.objects.filter(pk__in=digests)))
    return {digests[0]: Outcome.UNMARKED}


def _exchange(digests: Sequence[str], grace: timedelta) -> dict[str, Tombstone | Outcome]:
    results: dict[str, Tombstone | Outcome] = dict.fromkeys(digests, Outcome.SKIPPED)
    with transaction.atomic(durable=True):
        locked = _lock(purgeable(grace).filter(pk__in=digests))
        # A new statement: it sees the references of whoever held the lock before.
        used = list(references.used(Blob.objects.filter(pk__in=locked)).values_list("pk", flat=True))
        _unmark(used)
        doomed = sorted(set(locked) - set(used))
        tombstones = {digest: Tombstone(digest, uuid4(), time.time()) for digest in doomed}
        Purge.objects.bulk_create(Purge(digest=stone.digest, token=stone.token) for stone in tombstones.values())
        Blob.objects.filter(pk__in=doomed).delete()
    return results | dict.fromkeys(used, Outcome.UNMARKED) | tombstones


def delete_object(tombstone: Tombstone) -> bool:
    """Step S: delete the object, in one attempt. Returns whether it is gone for certain.

    The only place where an object of the store is deleted.
    """
    elapsed = time.time() - tombstone.laid_at
    if not 0 <= elapsed <= DELETE_DEADLINE_SECONDS:
        # This process slept. The tombstone may have expired, and somebody may have stored the content again.
        logger.warning("blob_delete_too_late", digest=tombstone.digest, seconds=round(elapsed))
        return False
    try:
        cas_storage().remove(tombstone.digest)
    except BlobNotFoundError:
        return True
    except StorageUnavailableError:
        # Even so it may take effect later.
        logger.exception("blob_not_deleted", digest=tombstone.digest)
        return False
    return True


def remove_tombstones(*tombstones: Tombstone) -> None:
    """Step B: remove the tombstones, but none that somebody else has taken over."""
    # No two tombstones ever have the same token, so each row is found by its own only.
    digests, tokens = [stone.digest for stone in tombstones], [stone.token for stone in tombstones]
    Purge.objects.filter(pk__in=digests, token__in=tokens).delete()


# --- RETRY -----------------------------------------------------------------------------------------


def expired_tombstones() -> QuerySet[Purge]:
    """Tombstones whose DELETE can no longer take effect: it failed, or its process died."""
    return Purge.objects.filter(started_at__lte=_ago(cas_storage().tombstone_lifetime))


def renew_tombstone(digest: str) -> Tombstone | None:
    """Take an expired tombstone over; None when it is not expired, not there, or somebody else is at it.

    Raises StoreBindingError and StorageUnavailableError, as `lay_tombstones`.
    """
    binding.require()
    with transaction.atomic(durable=True):
        purge = expired_tombstones().select_for_update(skip_locked=True).filter(pk=digest).first()
        if purge is None:
            return None
        tombstone = Tombstone(digest, uuid4(), time.time())
        Purge.objects.filter(pk=digest).update(token=tombstone.token, started_at=Now())
    return tombstone


# --- shared ----------------------------------------------------------------------------------------


def sweep(laid: Iterable[tuple[Item, Tombstone | Outcome]], jobs: int) -> Iterator[tuple[Item, Outcome]]:
    """Steps S and B for many tombstones, so many DELETEs at a time. Each comes with what it is to be known by.

    Tombstones are taken only when their turn is near. Outcomes among them are passed on. A failure of the store is
    logged and postpones; database errors are raised.
    """
    gone: list[Tombstone] = []
    try:
        for item, tombstone, is_gone in in_parallel(_delete, laid, jobs):
            if isinstance(tombstone, Outcome):
                yield item, tombstone
            elif not is_gone:
                yield item, Outcome.POSTPONED
            else:
                gone.append(tombstone)
                if len(gone) == TOGETHER:
                    _finish(gone)
                    gone = []
                yield item, Outcome.PURGED
    finally:
        _finish(gone)


def _delete(laid: tuple[Item, Tombstone | Outcome]) -> tuple[Item, Tombstone | Outcome, bool]:
    item, tombstone = laid
    return item, tombstone, isinstance(tombstone, Tombstone) and delete_object(tombstone)


def _finish(gone: Collection[Tombstone]) -> None:
    """What is left to do once the objects are gone."""
    remove_tombstones(*gone)
    for tombstone in gone:
        logger.info("blob_purged", digest=tombstone.digest)
        try:
            thumbnails.forget(tombstone.digest)
        except OSError:
            # They can be made again and removed at any time; the blobs that follow matter more.
            logger.exception("thumbnails_not_removed", digest=tombstone.digest)


def _lock(blobs: QuerySet[Blob]) -> list[str]:
    """Lock the blobs that nobody else has locked, by digest. Returns their digests."""
    return list(blobs.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True))


def _unmark(locked: Collection[str]) -> int:
    return Blob.objects.filter(pk__in=locked).update(condemned_at=None)


def _ago(age: timedelta) -> Combinable:
    """A moment of the database's clock."""
    return Now() - age if age else Now()
