"""Taking migrated attachments back to their old keys, as long as the old objects are there."""

from collections.abc import Iterator, Mapping
from functools import partial

from django.db import transaction

from attachments.legacy import reading, rows
from attachments.legacy.failures import Reason, RowError
from attachments.legacy.rows import Row
from attachments.legacy.runs import Outcome, Run
from attachments.models import Attachment, AttachmentSet, LegacyDeletion
from cas.models import Blob
from cas.storage import PREFIX


def revert(run: Run, *, verify: bool = False) -> Iterator[Outcome[Row]]:
    """Let go of the blobs of rows whose old object has the right length, or, with `verify`, the same bytes.

    Yields what became of each. Raises StoppedError.
    """
    work = partial(_revert, verify=verify, dry_run=run.dry_run)
    yield from run.outcomes(work, rows.read_rows(run.shard.rows(rows.migrated())))


def _revert(row: Row, *, verify: bool, dry_run: bool) -> Mapping[str, int]:
    if row.legacy_key.startswith(PREFIX):
        # The old object is the content store's own, which the collector may take once no row refers to it.
        return {"kept": 1}
    size = Blob.objects.filter(pk=row.digest).values_list("size", flat=True).first()
    if size is not None and reading.size_of(row.legacy_key) != size:
        raise RowError(Reason.CHANGED)
    if verify and reading.digest_of(row.legacy_key) != row.digest:
        raise RowError(Reason.CHANGED)
    if dry_run:
        return {"reverted": 1}
    with transaction.atomic(durable=True):
        list(AttachmentSet.objects.locked().filter(pk=row.set_id).values_list("pk"))
        same = Attachment.objects.filter(pk=row.id, blob=row.digest, legacy_key=row.legacy_key)
        if not same.update(blob=None):
            # It is gone, reverted or cleaned up since.
            return {"kept": 1}
        # A clean-up that was killed has not deleted the object: it is there.
        LegacyDeletion.objects.filter(legacy_key=row.legacy_key).delete()
        return {"reverted": 1}
