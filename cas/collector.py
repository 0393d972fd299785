"""The collector's side of the blob protocol (docs/protocol.md): one function for each of its steps.

MARK is `condemn_unused` and `absolve_used`. PURGE is `purge`: A `lay_tombstone`, S `delete_object`, B
`lift_tombstone`. RETRY is `retry`: `renew_tombstone`, then S and B. `bury` is S and B for many. Any number of processes
may run them at once; what another one has locked is skipped, and comes again the next time.

Rows are locked FOR UPDATE, never NO KEY UPDATE, which does not conflict with the lock of a foreign key. Wrong marks are
not unsafe: what decides is the foreign key, when A deletes the row.
"""

import time
from collections.abc import Collection, Iterable, Iterator
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

from cas import references, thumbnails
from cas.batches import in_batches
from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.models import Blob, Purge
from cas.parallel import in_parallel
from cas.storage import cas_storage

Item = TypeVar("Item")

logger = structlog.get_logger(__name__)

GRACE = timedelta(hours=24)
DELETE_DEADLINE_SECONDS = 30

# Rows that are locked together; an upload of one of them waits that long.
_LOCKED_ROWS = 500


class Outcome(StrEnum):
    """What became of one blob or tombstone."""

    PURGED = "purged"  # Row and object are gone.
    ABSOLVED = "absolved"  # Something refers to it after all.
    SKIPPED = "skipped"  # Somebody else has it, or it changed a moment ago.
    POSTPONED = "postponed"  # Nobody knows whether the object is gone; the tombstone stays, `retry` goes on.


@dataclass(frozen=True)
class Tombstone:
    """The right to delete one object, once. `laid_at` is this process's clock, in seconds; it goes on in suspend."""

    digest: str
    token: UUID
    laid_at: float


# --- MARK ------------------------------------------------------------------------------------------


def condemn_unused() -> Iterator[int]:
    """Condemn what nothing refers to; the grace of each begins now. Yields how many, batch by batch."""
    for batch in in_batches(references.unused_digests(), _LOCKED_ROWS, key=str):
        yield condemn(batch)


def condemnable() -> QuerySet[Blob]:
    """Blobs that nothing refers to and that are not condemned yet."""
    return Blob.objects.filter(condemned_at=None, pk__in=references.unused_digests())


def condemn(digests: Collection[str]) -> int:
    """Condemn those of the blobs that still have no reference. Returns how many."""
    with transaction.atomic(durable=True):
        locked = _lock(Blob.objects.filter(pk__in=digests, condemned_at=None))
        # A new statement: it sees the references of whoever held the lock before.
        return references.unused(Blob.objects.filter(pk__in=locked)).update(condemned_at=Now())


def absolve_used() -> Iterator[int]:
    """Absolve the condemned that something refers to by now. Yields how many, batch by batch."""
    for batch in in_batches(absolvable().values_list("pk", flat=True), _LOCKED_ROWS, key=str):
        with transaction.atomic(durable=True):
            absolved = _absolve(_lock(absolvable().filter(pk__in=batch)))
        yield absolved


def absolvable() -> QuerySet[Blob]:
    """Condemned blobs that something refers to."""
    return references.used(Blob.objects.filter(condemned_at__isnull=False))


# --- PURGE -----------------------------------------------------------------------------------------


def purgeable(grace: timedelta) -> QuerySet[Blob]:
    """Blobs whose grace is over. What refers to them is looked at in `lay_tombstone`."""
    return Blob.objects.filter(condemned_at__lte=_ago(grace))


def purge(digest: str, grace: timedelta) -> Outcome:
    """Remove one condemned blob, row first, then object.

    A failure of the store is logged and postpones; database errors are raised.
    """
    tombstone = lay_tombstone(digest, grace)
    if isinstance(tombstone, Outcome):
        return tombstone
    return _end(tombstone, is_gone=delete_object(tombstone))


def lay_tombstone(digest: str, grace: timedelta) -> Tombstone | Outcome:
    """Step A: put a tombstone in the place of the row, in one transaction. Returns it, or why there is none."""
    try:
        with transaction.atomic(durable=True):
            if not _lock(purgeable(grace).filter(pk=digest)):
                return Outcome.SKIPPED
            if references.used(Blob.objects.filter(pk=digest)).exists():
                _absolve([digest])
                return Outcome.ABSOLVED
            tombstone = Tombstone(digest, uuid4(), time.time())
            Purge.objects.create(digest=digest, token=tombstone.token)
            Blob.objects.filter(pk=digest).delete()
    except IntegrityError:
        # A reference that the look above could not see; on PostgreSQL it shows at COMMIT.
        logger.info("blob_still_referenced", digest=digest)
        with transaction.atomic(durable=True):
            _absolve(_lock(Blob.objects.filter(pk=digest)))
        return Outcome.ABSOLVED
    return tombstone


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


def lift_tombstone(tombstone: Tombstone) -> None:
    """Step B: remove the tombstone, unless somebody else has taken it over."""
    Purge.objects.filter(pk=tombstone.digest, token=tombstone.token).delete()


# --- RETRY -----------------------------------------------------------------------------------------


def expired_tombstones() -> QuerySet[Purge]:
    """Tombstones whose DELETE can no longer take effect: it failed, or its process died."""
    return Purge.objects.filter(started_at__lte=_ago(cas_storage().tombstone_lifetime))


def retry(digest: str) -> Outcome:
    """Delete the object of an expired tombstone once more. Fails as `purge`."""
    tombstone = renew_tombstone(digest)
    return Outcome.SKIPPED if tombstone is None else _end(tombstone, is_gone=delete_object(tombstone))


def renew_tombstone(digest: str) -> Tombstone | None:
    """Take an expired tombstone over; None when it is not expired, not there, or somebody else is at it."""
    with transaction.atomic(durable=True):
        purge = expired_tombstones().select_for_update(skip_locked=True).filter(pk=digest).first()
        if purge is None:
            return None
        tombstone = Tombstone(digest, uuid4(), time.time())
        Purge.objects.filter(pk=digest).update(token=tombstone.token, started_at=Now())
    return tombstone


# --- shared ----------------------------------------------------------------------------------------


def bury(laid: Iterable[tuple[Item, Tombstone | Outcome]], jobs: int) -> Iterator[tuple[Item, Outcome]]:
    """Steps S and B for many tombstones, so many DELETEs at a time. Each comes with what it is to be known by.

    Tombstones are laid only when their turn is near. Outcomes among them are passed on. When this is not read to its
    end, some tombstones stay; `retry` goes on with them.
    """
    for item, tombstone, is_gone in in_parallel(_delete, laid, jobs):
        if isinstance(tombstone, Outcome):
            yield item, tombstone
        else:
            yield item, _end(tombstone, is_gone=is_gone)


def _delete(laid: tuple[Item, Tombstone | Outcome]) -> tuple[Item, Tombstone | Outcome, bool]:
    item, tombstone = laid
    return item, tombstone, isinstance(tombstone, Tombstone) and delete_object(tombstone)


def _end(tombstone: Tombstone, *, is_gone: bool) -> Outcome:
    if not is_gone:
        return Outcome.POSTPONED
    lift_tombstone(tombstone)
    logger.info("blob_purged", digest=tombstone.digest)
    try:
        thumbnails.forget(tombstone.digest)
    except OSError:
        # They can be made again and removed at any time; the blobs that follow matter more.
        logger.exception("thumbnails_not_removed", digest=tombstone.digest)
    return Outcome.PURGED


def _lock(blobs: QuerySet[Blob]) -> list[str]:
    """Lock the blobs that nobody else has locked, by digest. Returns their digests."""
    return list(blobs.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True))


def _absolve(locked: Collection[str]) -> int:
    return Blob.objects.filter(pk__in=locked).update(condemned_at=None)


def _ago(age: timedelta) -> Combinable:
    """A moment of the database's clock."""
    return Now() - age if age else Now()
