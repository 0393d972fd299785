"""Finding and locking sets and attachments, with the errors of those that are not there (docs/protocol.md, rule R5)."""

from attachments.errors import AttachmentNotFoundError, AttachmentSetNotFoundError, NotInSetError
from attachments.models import Attachment, AttachmentSet
from core.prepared import PreparedQuery

_SET: PreparedQuery[AttachmentSet] = PreparedQuery(lambda set_id: AttachmentSet.objects.filter(pk=set_id))
_LOCKED_SET: PreparedQuery[AttachmentSet] = PreparedQuery(
    lambda set_id: AttachmentSet.objects.locked().filter(pk=set_id)
)
_ATTACHMENT: PreparedQuery[Attachment] = PreparedQuery(lambda pk: Attachment.objects.filter(pk=pk))
_LOCKED_ATTACHMENT: PreparedQuery[Attachment] = PreparedQuery(
    lambda pk: Attachment.objects.select_for_update(of=("self",)).filter(pk=pk)
)


def find_set(set_id: int) -> AttachmentSet:
    """The set. Raises AttachmentSetNotFoundError."""
    return existing(_SET.first(set_id))


def find_attachment(set_id: int, attachment_id: int) -> Attachment:
    """The attachment of that set. Raises AttachmentSetNotFoundError, AttachmentNotFoundError, NotInSetError."""
    find_set(set_id)
    return _in_set(_ATTACHMENT.first(attachment_id), set_id)


def locked_set(set_id: int) -> AttachmentSet:
    """The set, locked. Raises AttachmentSetNotFoundError."""
    return existing(_LOCKED_SET.first(set_id))


def locked_attachment(attachment_set: AttachmentSet, attachment_id: int) -> Attachment:
    """The attachment of the locked set, locked. Raises AttachmentNotFoundError, NotInSetError."""
    return _in_set(_LOCKED_ATTACHMENT.first(attachment_id), attachment_set.pk)


def existing(attachment_set: AttachmentSet | None) -> AttachmentSet:
    """What was found. Raises AttachmentSetNotFoundError when nothing was."""
    if attachment_set is None:
        raise AttachmentSetNotFoundError
    return attachment_set


def touch(attachment_set: AttachmentSet) -> None:
    """Note that something in the locked set has changed."""
    attachment_set.save(update_fields=["updated_at"])


def _in_set(attachment: Attachment | None, set_id: int) -> Attachment:
    if attachment is None:
        raise AttachmentNotFoundError
    if attachment.attachment_set_id != set_id:
        raise NotInSetError
    return attachment
