"""Compare the rows with the listing of the store: a merge of two sorted streams, in constant memory.

Rows and objects are read at different moments while uploads and the collector go on, so whatever differs is a suspect
only. It becomes a finding after another look, in an order that leaves no room for false alarms.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from operator import itemgetter
from typing import TypeVar

from django.db.models.functions import Now
from django.utils import timezone

from cas.audit.findings import Finding, Kind, Severity, damage
from cas.errors import StorageUnavailableError
from cas.models import Blob, Purge
from cas.storage import StoredObject, cas_storage, is_digest
from core.batches import in_batches

Item = TypeVar("Item")
Row = tuple[str, int]

# An object without a row may belong to an upload that has not committed yet.
YOUNG = timedelta(hours=1)
OLD_TOMBSTONE = timedelta(days=1)

CORRUPT_SENTENCE = "Its bytes in the store are not those that were stored."

_READ_ROWS = 5000
_SUSPECTS = 500


class UnsortedListingError(StorageUnavailableError):
    """A listing came in another order than by name: comparing would find nothing but false alarms."""

    code = "unsorted_listing"

    def __init__(self, what: str) -> None:
        super().__init__(f"The listing of {what} is not sorted by name, so the two cannot be compared.")


class Comparison:
    """One comparison of all rows with all objects. `objects` counts them while the findings are read.

    `track` may wrap the rows to show progress. So many rows are read, and so many suspects looked at again, at a time.
    Listing raises StorageUnavailableError and UnsortedListingError.
    """

    def __init__(
        self,
        track: Callable[[Iterable[Row]], Iterable[Row]] = iter,
        *,
        rows: int = _READ_ROWS,
        suspects: int = _SUSPECTS,
    ) -> None:
        self._track = track
        self._rows_at_a_time, self._suspects_at_a_time = rows, suspects
        self.objects = 0

    def findings(self) -> Iterator[Finding]:
        """Yields a finding for each difference that a second look confirms."""
        damaged: list[str] = []
        orphans: list[StoredObject] = []
        for row, stored in merged(self._rows(), self._objects()):
            if stored is None or (row is not None and row[1] != stored.size):
                assert row is not None, "merged() yields one of the two at least"
                damaged.append(row[0])
            elif row is None:
                orphans.append(stored)
            if len(damaged) == self._suspects_at_a_time:
                yield from confirm_damage(damaged)
                damaged = []
            if len(orphans) == self._suspects_at_a_time:
                yield from confirm_orphans(orphans)
                orphans = []
        yield from confirm_damage(damaged)
        yield from confirm_orphans(orphans)

    def _rows(self) -> Iterator[Row]:
        rows = Blob.objects.values_list("pk", "size")
        batches = in_batches(rows, self._rows_at_a_time, key=itemgetter(0))
        return ascending(self._track(row for batch in batches for row in batch), itemgetter(0), "the database")

    def _objects(self) -> Iterator[StoredObject]:
        for stored in ascending(cas_storage().objects(), lambda stored: stored.name, "the store"):
            self.objects += 1
            yield stored


def merged(rows: Iterator[Row], objects: Iterator[StoredObject]) -> Iterator[tuple[Row | None, StoredObject | None]]:
    """Row and object of each name, None for the one that is not there."""
    row, stored = next(rows, None), next(objects, None)
    while row is not None or stored is not None:
        if stored is None or (row is not None and row[0] < stored.name):
            yield row, None
            row = next(rows, None)
        elif row is None or stored.name < row[0]:
            yield None, stored
            stored = next(objects, None)
        else:
            yield row, stored
            row, stored = next(rows, None), next(objects, None)


def ascending(items: Iterable[Item], key: Callable[[Item], str], what: str) -> Iterator[Item]:
    """The items, as long as each is above the one before. Raises UnsortedListingError."""
    last: str | None = None
    for item in items:
        name = key(item)
        if last is not None and name <= last:
            raise UnsortedListingError(what)
        last = name
        yield item


def confirm_damage(digests: list[str]) -> Iterator[Finding]:
    """The findings among blobs whose object was not seen, or with another size."""
    before = _created(digests)
    seen = {digest: cas_storage().stat(digest) for digest in before}
    # The object of a committed row is there from before COMMIT until after the row's deletion. So if the same row was
    # there before and after the look, the look counts; another row of the same content would be younger.
    for digest, (created_at, size) in _created(list(before)).items():
        if before[digest] != (created_at, size):
            continue
        stored = seen[digest]
        if stored is None:
            yield damage(Kind.MISSING, digest, "The store does not hold it.")
        elif stored.size != size:
            yield damage(Kind.WRONG_SIZE, digest, f"It has {stored.size} bytes in the store instead of {size}.")


def confirm_orphans(objects: list[StoredObject]) -> Iterator[Finding]:
    """The findings among objects for which no row was seen. One that is being deleted is none."""
    names = [stored.name for stored in objects if is_digest(stored.name)]
    known = set(Blob.objects.filter(pk__in=names).values_list("pk", flat=True))
    known |= set(Purge.objects.filter(pk__in=names).values_list("pk", flat=True))
    # The store's clock wrote the time of the object. Nothing but the wording depends on it: `adopt` looks again.
    young_after = timezone.now() - YOUNG
    for stored in objects:
        if not is_digest(stored.name):
            yield Finding(
                Kind.NOT_OURS, Severity.WARNING, repr(stored.name), "Its name is no SHA-256; it is left alone."
            )
        elif stored.name not in known:
            yield _orphan(stored, young=stored.modified_at > young_after)


def tombstone_findings() -> Iterator[Finding]:
    """Deletions that have been waiting for their end for too long."""
    for digest in (
        Purge.objects.filter(started_at__lt=Now() - OLD_TOMBSTONE).order_by("pk").values_list("pk", flat=True)
    ):
        sentence = "Its deletion began more than a day ago and has not ended; run cas_gc."
        yield Finding(Kind.OLD_TOMBSTONE, Severity.WARNING, digest, sentence)


def known_damage() -> Iterator[Finding]:
    """What an earlier check of the bytes found, unless an upload has healed it since."""
    for batch in in_batches(Blob.objects.exclude(corrupt_at=None), _SUSPECTS):
        for blob in batch:
            stored = cas_storage().stat(blob.pk)
            if stored is None or stored.size != blob.size:
                # The comparison tells of it.
                continue
            yield damage(Kind.CORRUPT, blob.pk, CORRUPT_SENTENCE)


def _created(digests: list[str]) -> dict[str, tuple[datetime, int]]:
    rows = Blob.objects.filter(pk__in=digests).order_by("pk").values_list("pk", "created_at", "size")
    return {digest: (created_at, size) for digest, created_at, size in rows}


def _orphan(stored: StoredObject, *, young: bool) -> Finding:
    if young:
        sentence = "It has no row yet; an upload may be about to commit."
        return Finding(Kind.YOUNG, Severity.INFORMATION, stored.name, sentence)
    sentence = "It has no row; --adopt hands it to the collector."
    return Finding(Kind.ADOPTABLE, Severity.INFORMATION, stored.name, sentence)
