"""Copying old objects into the content store: the steps of docs/protocol.md, `migrate_to_cas`."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial

import structlog

from attachments.legacy import reading, rows
from attachments.legacy.failures import Reason, forget_what_is_over, remember
from attachments.legacy.rows import Row
from attachments.legacy.runs import Outcome, Run
from attachments.models import MISSING_URL_PREFIX, Attachment, AttachmentSet
from attachments.services.covers import keep_cover_valid
from cas.media.filetypes import recognise
from cas.models import Blob
from cas.protocol import attach as cas
from cas.storage.staging import StagedFile

logger = structlog.get_logger(__name__)


class _OvertakenError(Exception):
    """Somebody else did something to the row meanwhile; `str()` is what to count it as."""


def migrate(run: Run, *, limit: int | None = None, retry_failed: bool = False) -> Iterator[Outcome[Row]]:
    """Copy what is not in the content store yet, each row in a transaction of its own. Yields what became of each.

    A dry run looks at every object without reading it. Raises StoppedError.
    """
    waiting = rows.read_rows(run.shard.rows(rows.to_migrate(retry_failed=retry_failed)), limit)
    if run.dry_run:
        yield from run.outcomes(_look, waiting)
        return
    for outcome in run.outcomes(_migrate, waiting):
        if outcome.reason is not None:
            remember(outcome.item.id, outcome.item.legacy_key, outcome.reason)
        if outcome.reason is Reason.UNEXPECTED:
            logger.error("attachment_not_migrated", attachment_id=outcome.item.id, exc_info=outcome.error)
        yield outcome
    forget_what_is_over()


def _look(row: Row) -> Mapping[str, int]:
    return {"migrated": 1, "bytes": reading.size_of(row.legacy_key)}


def _migrate(row: Row) -> Mapping[str, int]:
    with closing(reading.stage(row.legacy_key)) as staged:
        try:
            deduplicated = cas.attach(staged, partial(_point_to, row, staged))
        except _OvertakenError as error:
            return {str(error): 1}
        return {"migrated": 1} | ({"deduplicated": 1, "bytes_saved": staged.size} if deduplicated else {})


def _point_to(row: Row, staged: StagedFile, blob: Blob) -> bool:
    """Make the row refer to the blob, and correct what it says of its bytes. Returns whether others do already."""
    attachment_set = AttachmentSet.objects.locked().filter(pk=row.set_id).first()
    attachment = Attachment.objects.select_for_update(of=("self",)).filter(pk=row.id).first()
    if attachment is None or attachment_set is None:
        raise _OvertakenError("deleted_meanwhile")
    if attachment.blob_id is not None or attachment.legacy_key != row.legacy_key:
        raise _OvertakenError("already_there")
    deduplicated = blob.attachments.exists()
    file_type = recognise(staged.head)
    attachment.blob = blob
    attachment.file_size = staged.size
    attachment.content_type = file_type.content_type
    if attachment.url.startswith(MISSING_URL_PREFIX):
        # It became a link because the legacy system did not know the type of the file that it is.
        attachment.url = ""
        attachment.attachment_type = file_type.kind
    elif attachment.attachment_type != Attachment.Type.URL:
        attachment.attachment_type = file_type.kind
    # Not `updated_at`: the row has not changed for people.
    attachment.save(update_fields=["blob", "file_size", "content_type", "url", "attachment_type"])
    if attachment_set.cover_attachment_id == attachment.pk and not attachment.has_image:
        keep_cover_valid(attachment_set, attachment, was_image=True)
    return deduplicated
