"""The rows of a set: insert, rename, delete."""

from functools import partial
from typing import Any

import structlog
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models.signals import post_delete, pre_delete

from attachments import metrics
from attachments.errors import AlreadyInSetError
from attachments.history import note
from attachments.models import Attachment, AttachmentSet
from attachments.querysets import AttachmentQuerySet
from attachments.services.covers import choose, is_first_image, set_cover
from attachments.services.locks import locked_attachment, locked_set, touch
from core import search
from core.prepared import PreparedDelete, PreparedQuery, PreparedUpdate

logger = structlog.get_logger(__name__)


# Of a file's row people choose these; the program knows the rest, and whoever is asked for the set and the blob holds
# their locks.
_CHOSEN = {"title", "filename"}

_LAST: PreparedQuery[Any] = PreparedQuery(
    lambda set_id: Attachment.objects.filter(attachment_set=set_id).order_by("-position").values("position")[:1]
)
_CLEAR_COVERS = PreparedUpdate(lambda pk: AttachmentSet.objects.filter(cover_attachment=pk), cover_attachment=None)
_DELETE = PreparedDelete(lambda pk: Attachment.objects.filter(pk=pk))


def add_row(attachment: Attachment, *, refuse_duplicate: bool) -> None:
    """Validate the attachment and insert it into its set, which is locked here.

    Raises AttachmentSetNotFoundError, ValidationError; AlreadyInSetError if `refuse_duplicate` is set.
    """
    attachment_set = locked_set(attachment.attachment_set_id)
    if refuse_duplicate:
        refuse_duplicate_of(attachment)
    if attachment.attachment_type == Attachment.Type.URL:
        attachment.full_clean(exclude=["attachment_set", "blob"])
    else:
        # A fetched file has its URL, which was looked at before it was fetched.
        attachment.clean_fields(exclude={field.name for field in Attachment._meta.fields} - _CHOSEN)
    insert_row(attachment_set, attachment)


def insert_row(
    attachment_set: AttachmentSet, attachment: Attachment, *, set_as_cover: bool = False, source: str | None = None
) -> None:
    """Insert at the end of the locked set; the first image becomes the cover. `source` is what a copy is from."""
    last = _LAST.first(attachment_set.pk)
    attachment.position = 0 if last is None else last["position"] + 1
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
    transaction.on_commit(partial(_report_created, attachment, str(owner._meta.model_name) if owner else "nobody"))


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
        # As attachment.delete(), which takes longer to find out that only covers refer to it.
        deletion: Any = {"sender": Attachment, "instance": attachment, "origin": attachment, "using": DEFAULT_DB_ALIAS}
        pre_delete.send(**deletion)
        _CLEAR_COVERS(attachment_id)
        _DELETE(attachment_id)
        post_delete.send(**deletion)


def refuse_duplicate_of(attachment: Attachment) -> None:
    """Raises AlreadyInSetError when the attachment's set, which is locked, has this content, or a link to this URL."""
    if attachment.attachment_type == Attachment.Type.URL:
        _refuse(Attachment.objects.filter(attachment_set=attachment.attachment_set_id, url=attachment.url), "address")
    elif attachment.blob_id is not None:
        refuse_file_again(attachment.attachment_set_id, attachment.blob_id)


def refuse_file_again(set_id: int, digest: str) -> None:
    """Raises AlreadyInSetError when the set has a file with this content."""
    # The picture of a link is its page's: all pages of a site may have the same.
    _refuse(Attachment.objects.filter(attachment_set=set_id, blob=digest).exclude(attachment_type="url"), "file")


def _refuse(rows: AttachmentQuerySet, what: str) -> None:
    duplicate = rows.in_order().values_list("pk", "title").first()
    if duplicate is not None:
        raise AlreadyInSetError(what, *duplicate)


def _report_created(attachment: Attachment, owner: str) -> None:
    metrics.CREATED.labels(attachment.attachment_type, owner).inc()
    logger.info(
        "attachment_created",
        attachment_id=attachment.pk,
        attachment_set_id=attachment.attachment_set_id,
        attachment_type=attachment.attachment_type,
        digest=attachment.blob_id,
        size=attachment.file_size,
    )
