"""What was deleted or replaced: brought back, or given up once its time is over."""

from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from attachments.errors import RemovedAttachmentNotFoundError
from attachments.history import note
from attachments.models import Attachment, AttachmentSet, RemovedAttachment
from attachments.permissions import EVERYTHING, Permissions
from attachments.services.covers import is_first_image, keep_cover_valid, set_cover
from attachments.services.locks import locked_set, touch
from attachments.services.rows import refuse_duplicate_of
from core import search
from core.errors import NotAllowedError

logger = structlog.get_logger(__name__)

# Rows that go in one transaction.
_TOGETHER = 500


def restore(
    *, set_id: int, removed_id: int, refuse_duplicate: bool = False, permissions: Permissions = EVERYTHING
) -> Attachment:
    """Bring back what was removed, under its old id, and return its row.

    A deleted attachment comes back to its place. One that has got another file since gets the old one again, and what
    it has now can be restored in its turn. It is the cover again unless somebody has chosen another one. Raises
    AttachmentSetNotFoundError, RemovedAttachmentNotFoundError; AlreadyInSetError when the set has this content and
    `refuse_duplicate` is set; NotAllowedError when the permissions do not suffice.
    """
    with transaction.atomic():
        attachment_set = locked_set(set_id)
        removed = attachment_set.removed.select_for_update(of=("self",)).filter(pk=removed_id).first()
        if removed is None:
            raise RemovedAttachmentNotFoundError
        current = attachment_set.attachments.select_for_update(of=("self",)).filter(pk=removed.attachment_id).first()
        if not permissions.may_restore(was_replaced=current is not None):
            raise NotAllowedError("You may not restore this.")
        content = {name: getattr(removed, name) for name in RemovedAttachment.content_fields()}
        if refuse_duplicate:
            refuse_duplicate_of(Attachment(attachment_set=attachment_set, **content))
        attachment = _exchange(attachment_set, current, content) if current else _insert_again(removed, content)
        removed.delete()
        _give_cover_back(attachment_set, removed, attachment)
        touch(attachment_set)
        if (owner := attachment_set.owner) is not None:
            search.touch(owner, attachment)
        note(attachment_set, "attachment_restored", attachment)
    logger.info("attachment_restored", attachment_id=attachment.pk, attachment_set_id=set_id, digest=attachment.blob_id)
    return attachment


def expired() -> QuerySet[RemovedAttachment]:
    """Those that are kept for longer than `KEEP_REMOVED` says."""
    return RemovedAttachment.objects.filter(removed_at__lt=Now() - settings.KEEP_REMOVED)


def give_up_expired(dry_run: bool = False) -> int:
    """Delete the rows of those, so that the collector may have their contents. Returns how many there are."""
    if dry_run:
        return expired().count()
    total = 0
    while True:
        with transaction.atomic():
            # What somebody restores at this moment is left to them.
            rows: Any = expired().select_for_update(skip_locked=True).order_by("pk")
            ids = list(rows.values_list("pk", flat=True)[:_TOGETHER])
            RemovedAttachment.objects.filter(pk__in=ids).delete()
        total += len(ids)
        if len(ids) < _TOGETHER:
            return total


def _insert_again(removed: RemovedAttachment, content: dict[str, Any]) -> Attachment:
    attachment = Attachment(pk=removed.attachment_id, attachment_set_id=removed.attachment_set_id, **content)
    # What was good enough before is so again: no validation, it may be older than the rules.
    attachment.save(force_insert=True)
    # An insert sets it to now.
    attachment.created_at = removed.created_at
    attachment.save(update_fields=["created_at"])
    return attachment


def _exchange(attachment_set: AttachmentSet, attachment: Attachment, content: dict[str, Any]) -> Attachment:
    RemovedAttachment.keep(attachment, was_cover=attachment_set.cover_attachment_id == attachment.pk)
    was_image = attachment.attachment_type == Attachment.Type.IMAGE
    changed = {name: value for name, value in content.items() if name != "position"}
    for name, value in changed.items():
        setattr(attachment, name, value)
    attachment.save(update_fields=[*changed, "updated_at"])
    keep_cover_valid(attachment_set, attachment, was_image=was_image)
    return attachment


def _give_cover_back(attachment_set: AttachmentSet, removed: RemovedAttachment, attachment: Attachment) -> None:
    if not attachment.has_image:
        return
    if not removed.was_cover:
        # The cover was removed, too. Nobody has cleared it, or no removed one would be known as the cover.
        if is_first_image(attachment_set, attachment) and attachment_set.removed.filter(was_cover=True).exists():
            set_cover(attachment_set, attachment, "first_image")
        return
    # What was removed later was the cover only because this one was gone.
    attachment_set.removed.filter(removed_at__gte=removed.removed_at, was_cover=True).update(was_cover=False)
    if attachment_set.cover_attachment_id != attachment.pk:
        set_cover(attachment_set, attachment, "restored")
