"""Finding and locking sets and attachments, with the errors of those that are not there (docs/protocol.md, rule R5)."""

from django.db.models import QuerySet

from attachments.errors import AttachmentNotFoundError, AttachmentSetNotFoundError, NotInSetError
from attachments.models import Attachment, AttachmentSet


def find_set(set_id: int, sets: QuerySet[AttachmentSet] | None = None) -> AttachmentSet:
    """The set, among all or among these. Raises AttachmentSetNotFoundError."""
    attachment_set = (AttachmentSet.objects.all() if sets is None else sets).filter(pk=set_id).first()
    if attachment_set is None:
        raise AttachmentSetNotFoundError
    return attachment_set


def require_set(set_id: int) -> None:
    """Raises AttachmentSetNotFoundError unless the set is there now."""
    if not AttachmentSet.objects.filter(pk=set_id).exists():
        raise AttachmentSetNotFoundError


def find_attachment(set_id: int, attachment_id: int) -> Attachment:
    """The attachment of that set. Raises AttachmentSetNotFoundError, AttachmentNotFoundError, NotInSetError."""
    find_set(set_id)
    return _in_set(Attachment.objects.all(), set_id, attachment_id)


def locked_set(set_id: int) -> AttachmentSet:
    """The set, locked. Raises AttachmentSetNotFoundError."""
    return find_set(set_id, AttachmentSet.objects.locked())


def locked_attachment(attachment_set: AttachmentSet, attachment_id: int) -> Attachment:
    """The attachment of the locked set, locked. Raises AttachmentNotFoundError, NotInSetError."""
    return _in_set(Attachment.objects.select_for_update(of=("self",)), attachment_set.pk, attachment_id)


def touch(attachment_set: AttachmentSet) -> None:
    """Note that something in the locked set has changed."""
    attachment_set.save(update_fields=["updated_at"])


def _in_set(attachments: QuerySet[Attachment], set_id: int, attachment_id: int) -> Attachment:
    attachment = attachments.filter(pk=attachment_id).first()
    if attachment is None:
        raise AttachmentNotFoundError
    if attachment.attachment_set_id != set_id:
        raise NotInSetError
    return attachment
