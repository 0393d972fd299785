"""The cover of a set."""

from django.db import transaction

from attachments import metrics
from attachments.errors import NotAnImageError
from attachments.history import note
from attachments.models import Attachment, AttachmentSet
from attachments.services.locks import locked_attachment, locked_set, touch


def choose_cover(*, set_id: int, attachment_id: int | None) -> AttachmentSet:
    """Make the attachment the cover, or clear the cover with None.

    Raises AttachmentSetNotFoundError, AttachmentNotFoundError, NotInSetError, NotAnImageError.
    """
    with transaction.atomic():
        attachment_set = locked_set(set_id)
        attachment = None if attachment_id is None else locked_attachment(attachment_set, attachment_id)
        if attachment is not None and not attachment.has_image:
            raise NotAnImageError
        choose(attachment_set, attachment)
    return attachment_set


def choose(attachment_set: AttachmentSet, attachment: Attachment | None) -> None:
    """Change the cover of a locked set because somebody wants it so."""
    if attachment_set.cover_attachment_id != (attachment and attachment.pk):
        note(attachment_set, "cover_chosen" if attachment else "cover_cleared", attachment)
    # No removed one comes back as the cover now.
    attachment_set.removed.filter(was_cover=True).update(was_cover=False)
    set_cover(attachment_set, attachment, "cleared" if attachment is None else "chosen")


def set_cover(attachment_set: AttachmentSet, attachment: Attachment | None, action: str) -> None:
    """Change the cover of a locked set, and count the action once it is committed."""
    attachment_set.cover_attachment = attachment
    attachment_set.save(update_fields=["cover_attachment", "updated_at"])
    transaction.on_commit(metrics.COVER_CHANGED.labels(action).inc)


def is_first_image(attachment_set: AttachmentSet, attachment: Attachment) -> bool:
    """Whether it is the only image of a locked set without a cover.

    Where there are others somebody has cleared the cover, and it stays so.
    """
    if attachment_set.cover_attachment_id is not None or attachment.attachment_type != Attachment.Type.IMAGE:
        return False
    return not attachment_set.attachments.images().exclude(pk=attachment.pk).exists()


def keep_cover_valid(attachment_set: AttachmentSet, replaced: Attachment, *, was_image: bool) -> None:
    """After a replacement in the locked set: a cover shows a picture, and the first image becomes the cover."""
    if attachment_set.cover_attachment_id == replaced.pk and not replaced.has_image:
        heir = attachment_set.attachments.exclude(pk=replaced.pk).oldest_image()
        set_cover(attachment_set, heir, "handed_over" if heir else "lost")
    elif not was_image and is_first_image(attachment_set, replaced):
        set_cover(attachment_set, replaced, "first_image")
    else:
        touch(attachment_set)
