"""Taking migrated attachments back to their old keys, as long as the old objects are there."""

from contextlib import closing
from functools import partial

from django.db import transaction

from attachments.legacy import reading, rows
from attachments.legacy.failures import Reason, RowError, reason_of
from attachments.legacy.progress import Outcome, Progress
from attachments.legacy.rows import Row
from attachments.legacy.workers import WorkerPool
from attachments.legacy.write_lock import turn
from attachments.models import Attachment, AttachmentSet, LegacyDeletion
from cas.models import Blob
from cas.storage import PREFIX


def revert(progress: Progress, pool: WorkerPool, *, verify: bool = False, dry_run: bool = False) -> None:
    """Let go of the blobs of rows whose old object has the right length, or, with `verify`, the same bytes.

    Raises StoppedError when the surroundings fail.
    """
    progress.begin("reverted", "kept")
    if not dry_run:
        # Nothing is being deleted any more.
        LegacyDeletion.objects.all().delete()
    migrated = rows.migrated()
    work = partial(_try, verify=verify, dry_run=dry_run)
    with closing(pool.do(work, rows.in_pages(migrated), progress.count)) as done:
        progress.follow(done, migrated.count(), "Reverting")


def _try(row: Row, *, verify: bool, dry_run: bool) -> Outcome:
    try:
        return Outcome({_revert(row, verify=verify, dry_run=dry_run): 1})
    except Exception as error:  # noqa: BLE001  (one row must not stop the others)
        return Outcome.failed(f"attachment {row.id}, {row.legacy_key}", reason_of(error), error)


def _revert(row: Row, *, verify: bool, dry_run: bool) -> str:
    if row.legacy_key.startswith(PREFIX):
        # The old object is the content store's own, which the collector may take once no row refers to it.
        return "kept"
    size = Blob.objects.filter(pk=row.digest).values_list("size", flat=True).first()
    if size is not None and reading.size_of(row.legacy_key) != size:
        raise RowError(Reason.CHANGED)
    if verify and reading.digest_of(row.legacy_key) != row.digest:
        raise RowError(Reason.CHANGED)
    if dry_run:
        return "reverted"
    with turn(), transaction.atomic(durable=True):
        list(AttachmentSet.objects.locked().filter(pk=row.set_id).values_list("pk"))
        same = Attachment.objects.filter(pk=row.id, blob=row.digest, legacy_key=row.legacy_key)
        # It may be gone, reverted or cleaned up since.
        return "reverted" if same.update(blob=None) else "kept"
