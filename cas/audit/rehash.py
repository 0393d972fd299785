"""Read contents and hash them again: what the store gives back must be what was stored.

Bytes are read and hashed in threads; the database is the main thread's alone. `verified_at` of each blob is written as
the work goes on, so that a check that was stopped can continue.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Now

from cas.audit.compare import CORRUPT_SENTENCE
from cas.audit.findings import Finding, Kind, damage
from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.models import Blob
from cas.storage import cas_storage
from core.batches import in_batches
from core.threads import in_parallel

logger = structlog.get_logger(__name__)

_CHUNK_BYTES = 1024 * 1024
_READ_ROWS = 1000
# Blobs that are marked as verified together; so many are read again after a kill.
_MARKED_ROWS = 50
# After so many failures in a row it is not the contents, it is the store.
_MAX_FAILURES = 20


@dataclass(frozen=True)
class Reading:
    """What came out of the store for a digest. `found` is the SHA-256 of it, or None when it could not be read."""

    digest: str
    found: str | None
    size: int = 0
    absent: bool = False

    @property
    def is_good(self) -> bool:
        """Whether these are the bytes of the digest."""
        return self.found == self.digest


def read_again(digest: str) -> Reading:
    """Read and hash one content, in constant memory. Never raises for what the store does."""
    hashed, size = hashlib.sha256(), 0
    try:
        with cas_storage().open_range(digest) as file:
            while chunk := file.read(_CHUNK_BYTES):
                hashed.update(chunk)
                size += len(chunk)
    except BlobNotFoundError:
        return Reading(digest, None, absent=True)
    except (StorageUnavailableError, OSError):
        logger.exception("content_unreadable", digest=digest)
        return Reading(digest, None)
    return Reading(digest, hashed.hexdigest(), size)


def due(verified_before: datetime | Combinable | None) -> QuerySet[Blob]:
    """Blobs that were not hashed since then; all of them without a moment. Those known to be damaged are left out."""
    blobs = Blob.objects.filter(corrupt_at=None)
    if verified_before is None:
        return blobs
    return blobs.filter(Q(verified_at=None) | Q(verified_at__lt=verified_before))


def in_order(blobs: QuerySet[Blob]) -> Iterator[str]:
    """The digests of the blobs, in ascending order."""
    rows = blobs.values_list("pk", flat=True)
    return (digest for batch in in_batches(rows, _READ_ROWS, key=str) for digest in batch)


def sampled(blobs: QuerySet[Blob], count: int) -> Iterator[str]:
    """The digests of so many of them, others each time."""
    # Digests are as good as random, so whoever follows a random one is a random sample. An index finds them.
    start = secrets.token_hex(32)
    return islice(chain(in_order(blobs.filter(pk__gte=start)), in_order(blobs.filter(pk__lt=start))), count)


class Rehash:
    """One run. The counts grow while the findings are read. With `keep_notes` false nothing is written."""

    def __init__(self, *, jobs: int, keep_notes: bool = True) -> None:
        self._jobs = jobs
        self._keep_notes = keep_notes
        self.hashed = 0
        self.hashed_bytes = 0

    def findings(self, digests: Iterable[str]) -> Iterator[Finding]:
        """Damage among these, and among those that are known to be damaged.

        Raises StorageUnavailableError when the store fails many times in a row.
        """
        for digest in in_order(Blob.objects.exclude(corrupt_at=None)):
            yield from self._judge(digest)
        good: list[str] = []
        failures = 0
        for reading in in_parallel(read_again, digests, self._jobs):
            self._count(reading)
            failures = failures + 1 if reading.found is None and not reading.absent else 0
            if failures == _MAX_FAILURES:
                raise StorageUnavailableError
            if not reading.is_good:
                yield from self._judge(reading.digest)
                continue
            good.append(reading.digest)
            if len(good) == _MARKED_ROWS:
                self._note_good(good)
                good = []
        self._note_good(good)

    def _judge(self, digest: str) -> Iterator[Finding]:
        """Look once more, with the row locked: an upload may just have healed it, and none must meanwhile."""
        finding = None
        with transaction.atomic(durable=True):
            blob = Blob.objects.select_for_update(no_key=True).filter(pk=digest).first()
            if blob is None:
                return
            reading = read_again(digest)
            if reading.is_good:
                self._note(blob, verified_at=Now(), corrupt_at=None)
            elif reading.found is None and not reading.absent:
                finding = damage(Kind.UNREADABLE, digest, "The store fails to give its bytes.")
            elif reading.found is not None and reading.size == blob.size:
                # A content that is absent or has another size was found by the comparison.
                self._note(blob, corrupt_at=Coalesce("corrupt_at", Now()))
                finding = damage(Kind.CORRUPT, digest, CORRUPT_SENTENCE)
        if finding is not None:
            yield finding

    def _count(self, reading: Reading) -> None:
        if reading.found is not None:
            self.hashed += 1
            self.hashed_bytes += reading.size

    def _note_good(self, digests: list[str]) -> None:
        if not self._keep_notes:
            return
        with transaction.atomic(durable=True):
            # What somebody has locked is read again the next time.
            blobs = Blob.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=digests).order_by("pk")
            locked = list(blobs.values_list("pk", flat=True))
            Blob.objects.filter(pk__in=locked).update(verified_at=Now())

    def _note(self, blob: Blob, **values: object) -> None:
        if self._keep_notes:
            Blob.objects.filter(pk=blob.pk).update(**values)
