"""What all changes of a set have in common: its lock, its attachments' locks, its cover (docs/protocol.md, rule R5)."""

from django.core.files import File
from django.db import transaction

from attachments import metrics
from attachments.errors import AlreadyInSetError, NotInSetError, UnknownAttachmentError, UnknownSetError
from attachments.models import Attachment, AttachmentSet
from cas.staging import CHUNK_BYTES, StagedFile, stage_chunks
from cas.storage import cas_storage
from cas.uploads import StagedUpload


def staged_from(upload: "File[bytes]") -> StagedFile:
    """The bytes of an upload in staging. Raises StorageUnavailableError."""
    if isinstance(upload, StagedUpload):
        return upload.staged
    return stage_chunks(cas_storage().staging_dir, upload.chunks(CHUNK_BYTES))


def refuse_twin(attachment_set: AttachmentSet, attachment: Attachment) -> None:
    """Raises AlreadyInSetError when the locked set has this content, or a link to this address."""
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
    twin = rows.values_list("pk", "title").first()
    if twin is not None:
        raise AlreadyInSetError("address" if is_link else "file", *twin)


def locked_set(set_id: int) -> AttachmentSet:
    """The set, locked. Raises UnknownSetError."""
    attachment_set = AttachmentSet.objects.locked().filter(pk=set_id).first()
    if attachment_set is None:
        raise UnknownSetError
    return attachment_set


def locked_attachment(attachment_set: AttachmentSet, attachment_id: int) -> Attachment:
    """The attachment of a locked set, locked too. Raises UnknownAttachmentError, NotInSetError."""
    attachment = Attachment.objects.select_for_update(of=("self",)).filter(pk=attachment_id).first()
    if attachment is None:
        raise UnknownAttachmentError
    if attachment.attachment_set_id != attachment_set.pk:
        raise NotInSetError
    return attachment


def is_first_image(attachment_set: AttachmentSet, attachment: Attachment) -> bool:
    """Whether it is the only image of a locked set without a cover.

    Where there are others somebody has cleared the cover, and it stays so.
    """
    if attachment_set.cover_attachment_id is not None or attachment.attachment_type != Attachment.Type.IMAGE:
        return False
    return not attachment_set.attachments.images().exclude(pk=attachment.pk).exists()


def set_cover(attachment_set: AttachmentSet, attachment: Attachment | None, action: str) -> None:
    """Change the cover of a locked set, and count the action once it is committed."""
    attachment_set.cover_attachment = attachment
    attachment_set.save(update_fields=["cover_attachment", "updated_at"])
    transaction.on_commit(metrics.COVER_CHANGED.labels(action).inc)


def touch(attachment_set: AttachmentSet) -> None:
    """Note that something in the locked set has changed."""
    attachment_set.save(update_fields=["updated_at"])
