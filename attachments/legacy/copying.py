"""Copying old objects into the content store: the steps of docs/protocol.md, `migrate_to_cas`."""

from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial

import structlog

from attachments.legacy import reading, rows
from attachments.legacy.failures import Reason, forget_what_is_over, reason_of, remember
from attachments.legacy.progress import Outcome, Progress
from attachments.legacy.rows import Row
from attachments.legacy.workers import WorkerPool
from attachments.legacy.write_lock import turn
from attachments.models import Attachment, AttachmentSet
from cas.media.filetypes import BY_CONTENT_TYPE, DOWNLOAD_TYPE, recognise
from cas.models import Blob
from cas.protocol import attach as cas
from cas.storage.staging import StagedFile

logger = structlog.get_logger(__name__)


class _OvertakenError(Exception):
    """Somebody else did something to the row meanwhile; `str()` is what to count it as."""


def migrate(
    progress: Progress,
    pool: WorkerPool,
    *,
    limit: int | None = None,
    retry_failed: bool = False,
    dry_run: bool = False,
) -> None:
    """Copy what is not in the content store yet, each row in a transaction of its own.

    Raises StoppedError when the surroundings fail. A dry run looks at every object without reading it.
    """
    progress.begin("migrated", "already_there", "deduplicated", "bytes_saved", "deleted_meanwhile", "passed_over")
    if not dry_run:
        forget_what_is_over()
    progress.add("already_there", rows.migrated().count())
    waiting = rows.to_migrate(retry_failed=retry_failed)
    total = waiting.count()
    progress.add("passed_over", rows.unmigrated().count() - total)
    work = partial(_try, _look if dry_run else _migrate, keep_failures=not dry_run)
    with closing(pool.do(work, rows.in_pages(waiting, limit), progress.count)) as done:
        total = total if limit is None else min(total, limit)
        progress.follow(done, total, "Looking" if dry_run else "Migrating")
    if not dry_run:
        forget_what_is_over()


def _try(work: Callable[[Row], Mapping[str, int]], row: Row, *, keep_failures: bool) -> Outcome:
    try:
        return Outcome(work(row))
    except Exception as error:  # one row must not stop the others
        reason = reason_of(error)
        if reason is Reason.UNEXPECTED:
            logger.exception("attachment_not_migrated", attachment_id=row.id)
        if keep_failures:
            remember(row.id, row.legacy_key, reason)
        return Outcome.failed(f"attachment {row.id}, {row.legacy_key}", reason, error)


def _look(row: Row) -> Mapping[str, int]:
    return {"migrated": 1, "bytes": reading.size_of(row.legacy_key)}


def _migrate(row: Row) -> Mapping[str, int]:
    staged = reading.stage(row.legacy_key)
    try:
        with turn():
            deduplicated = cas.attach(staged, partial(_point_to, row, staged))
    except _OvertakenError as error:
        return {str(error): 1}
    finally:
        staged.close()
    return {"migrated": 1} | ({"deduplicated": 1, "bytes_saved": staged.size} if deduplicated else {})


def _point_to(row: Row, staged: StagedFile, blob: Blob) -> bool:
    """Make the row refer to the blob, and correct what it says of its bytes. Returns whether others do already."""
    list(AttachmentSet.objects.locked().filter(pk=row.set_id).values_list("pk"))
    attachment = Attachment.objects.select_for_update(of=("self",)).filter(pk=row.id).first()
    if attachment is None:
        raise _OvertakenError("deleted_meanwhile")
    if attachment.blob_id is not None or attachment.legacy_key != row.legacy_key:
        raise _OvertakenError("already_there")
    deduplicated = blob.attachments.exists()
    # Not save(): neither the row nor its set has changed for people.
    Attachment.objects.filter(pk=row.id).update(
        blob=blob, file_size=staged.size, content_type=_content_type(attachment.content_type, staged)
    )
    return deduplicated


def _content_type(stated: str, staged: StagedFile) -> str:
    """What the bytes show; bytes that only claim to be of an allowed type are downloads, not shown."""
    recognised = recognise(staged.head)
    if recognised is not None:
        return recognised.content_type
    return DOWNLOAD_TYPE if stated in BY_CONTENT_TYPE else stated
