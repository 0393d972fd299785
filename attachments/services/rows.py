"""The rows of a set: insert, rename, delete."""

from functools import partial

import structlog
from django.db import transaction
from django.db.models import Max

from attachments import metrics
from attachments.errors import AlreadyInSetError
from attachments.history import note
from attachments.models import Attachment, AttachmentSet
from attachments.services.covers import choose, is_first_image, set_cover
from attachments.services.locks import locked_attachment, locked_set, touch
from core import search

logger = structlog.get_logger(__name__)


def add_row(attachment: Attachment, *, refuse_duplicate: bool) -> None:
    """Validate the attachment and insert it into its set, which is locked here.

    Raises AttachmentSetNotFoundError, ValidationError; AlreadyInSetError if `refuse_duplicate` is set.
    """
    attachment_set = locked_set(attachment.attachment_set_id)
    if refuse_duplicate:
        refuse_duplicate_of(attachment_set, attachment)
    # Set and blob are locked: no need to look whether they exist.
    attachment.full_clean(exclude=["attachment_set", "blob"])
    insert_row(attachment_set, attachment)


def insert_row(
    attachment_set: AttachmentSet, attachment: Attachment, *, set_as_cover: bool = False, source: str | None = None
) -> None:
    """Insert at the end of the locked set; the first image becomes the cover. `source` is what a copy is from."""
    last = attachment_set.attachments.aggregate(last=Max("position"))["last"]
    attachment.position = 0 if last is None else last + 1
    attachment.save(force_insert=True)
    if source is None:
        note(attachment_set, "attachment_added", attachment)
    else:
        note(attachment_set, "attachment_copied", attachment, source=source)
    if set_as_cover:
        choose(attachment_set, attachment)
    elif is_first_image(attachment_set, attachment):
        set_cover(attachment_set, attachment, "first_image")
    else:
        touch(attachment_set)
    # Asked now: once the lock is gone the owner may be, too.
    owner = attachment_set.owner
    if owner is not None:
        search.touch(owner, attachment)
    transaction.on_commit(partial(_report_created, attachment, owner._meta.model_name if owner else "nobody"))


def rename(*, set_id: int, attachment_id: int, title: str) -> Attachment:
    """Give the attachment another title.

    Raises AttachmentSetNotFoundError, AttachmentNotFoundError, NotInSetError, ValidationError.
    """
    with transaction.atomic():
        attachment_set = locked_set(set_id)
        attachment = locked_attachment(attachment_set, attachment_id)
        before, attachment.title = attachment.title, title.strip()
        # The title alone: what an old row has elsewhere must not be in the way.
        attachment.clean_fields(exclude={field.name for field in Attachment._meta.fields} - {"title"})
        attachment.save(update_fields=["title", "updated_at"])
        touch(attachment_set)
        if (owner := attachment_set.owner) is not None:
            search.touch(owner, attachment)
        if attachment.title != before:
            note(attachment_set, "attachment_renamed", attachment, before=before)
    return attachment


def detach(*, set_id: int, attachment_id: int) -> None:
    """Delete the attachment; its cover passes to the oldest remaining image, and it can be restored for a while.

    (Both in `attachments.signals`.) Raises AttachmentSetNotFoundError, AttachmentNotFoundError, NotInSetError.
    """
    with transaction.atomic():
        attachment_set = locked_set(set_id)
        attachment = locked_attachment(attachment_set, attachment_id)
        attachment.was_cover = attachment_set.cover_attachment_id == attachment_id
        # Or it would be read again, to write down whose file went.
        attachment.attachment_set = attachment_set
        attachment.delete()


def refuse_duplicate_of(attachment_set: AttachmentSet, attachment: Attachment) -> None:
    """Raises AlreadyInSetError when the locked set has this content, or a link to this URL."""
    is_link = attachment.attachment_type == Attachment.Type.URL
    if not is_link and attachment.blob_id is None:
        return
    # The picture of a link is its page's: all pages of a site may have the same.
    rows = attachment_set.attachments.in_order()
    rows = (
        rows.filter(url=attachment.url)
        if is_link
        else rows.filter(blob=attachment.blob_id).exclude(attachment_type="url")
    )
    duplicate = rows.values_list("pk", "title").first()
    if duplicate is not None:
        raise AlreadyInSetError("address" if is_link else "file", *duplicate)


def _report_created(attachment: Attachment, owner: str | None) -> None:
    metrics.CREATED.labels(attachment.attachment_type, owner).inc()
    logger.info(
        "attachment_created",
        attachment_id=attachment.pk,
        attachment_set_id=attachment.attachment_set_id,
        attachment_type=attachment.attachment_type,
        digest=attachment.blob_id,
        size=attachment.file_size,
    )
