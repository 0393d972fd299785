"""What an attachment is for, and its place among those of its set."""

from django.db import transaction

from attachments.history import note
from attachments.models import Attachment
from attachments.services.locks import locked_attachment, locked_set, touch


def choose_kind(*, set_id: int, attachment_id: int, kind: str) -> Attachment:
    """Say what the attachment is for.

    Raises AttachmentSetNotFoundError, AttachmentNotFoundError, NotInSetError; ValidationError for a kind that is none.
    """
    with transaction.atomic():
        attachment_set = locked_set(set_id)
        attachment = locked_attachment(attachment_set, attachment_id)
        before, attachment.kind = attachment.kind, kind
        attachment.clean_fields(exclude={field.name for field in Attachment._meta.fields} - {"kind"})
        attachment.save(update_fields=["kind", "updated_at"])
        touch(attachment_set)
        if attachment.kind != before:
            note(attachment_set, "attachment_changed", attachment, changes={"kind": [before, str(kind)]})
    return attachment


def move(*, set_id: int, attachment_id: int, position: int) -> Attachment:
    """Put the attachment at this place of its set, counted from zero, and the others around it.

    A place behind the last one is the last one. Raises AttachmentSetNotFoundError, AttachmentNotFoundError,
    NotInSetError.
    """
    with transaction.atomic():
        attachment_set = locked_set(set_id)
        attachment = locked_attachment(attachment_set, attachment_id)
        rows = list(attachment_set.attachments.in_order().only("pk", "position"))
        others = [row for row in rows if row.pk != attachment.pk]
        others.insert(min(position, len(others)), attachment)
        moved = []
        for place, row in enumerate(others):
            if row.position != place:
                row.position = place
                moved.append(row)
        # In the order of the locks.
        Attachment.objects.bulk_update(sorted(moved, key=lambda row: row.pk), ["position"])
        touch(attachment_set)
        if moved:
            note(attachment_set, "attachment_moved", attachment)
    return attachment
