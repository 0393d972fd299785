"""Copies of attachments in other sets: rows only, no bytes move."""

from django.db import transaction

from attachments.errors import AttachmentNotFoundError, NotAnImageError
from attachments.models import Attachment
from attachments.services.covers import choose_cover
from attachments.services.locks import find_set, locked_set
from attachments.services.rows import insert_row, refuse_duplicate_of


def copy(
    *, attachment_id: int, target_set_id: int, set_as_cover: bool = False, refuse_duplicate: bool = False
) -> Attachment:
    """Add the same content to another set, without moving a byte, and return the new row.

    Raises AttachmentSetNotFoundError, AttachmentNotFoundError; NotAnImageError when it is to be the cover but has no
    picture; AlreadyInSetError when the target has this content or link and `refuse_duplicate` is set.
    """
    with transaction.atomic():
        target = locked_set(target_set_id)
        source = Attachment.objects.select_for_update(of=("self",)).filter(pk=attachment_id).first()
        if source is None:
            raise AttachmentNotFoundError
        if set_as_cover and not source.has_image:
            raise NotAnImageError
        attachment = Attachment(
            attachment_set=target,
            attachment_type=source.attachment_type,
            kind=source.kind,
            title=source.title,
            url=source.url,
            filename=source.filename,
            content_type=source.content_type,
            file_size=source.file_size,
            blob_id=source.blob_id,
            # Once the content is in the store, the old object is the source's alone.
            legacy_key="" if source.blob_id else source.legacy_key,
        )
        if refuse_duplicate:
            refuse_duplicate_of(attachment)
        # What was good enough for the source is so for the copy: no validation, the source may be older than the rules.
        owner = source.attachment_set.owner
        insert_row(target, attachment, set_as_cover=set_as_cover, source="nobody" if owner is None else str(owner))
    return attachment


def copy_all(*, source_set_id: int, target_set_id: int) -> int:
    """Copy every attachment of a set into another one, the cover as cover, and return how many there were.

    One attachment, one transaction: what somebody deletes meanwhile is left out. Raises AttachmentSetNotFoundError.
    """
    source = find_set(source_set_id)
    copied = 0
    for attachment in source.attachments.in_order():
        is_cover = attachment.pk == source.cover_attachment_id and attachment.has_image
        try:
            copy(attachment_id=attachment.pk, target_set_id=target_set_id, set_as_cover=is_cover)
        except AttachmentNotFoundError:
            continue
        copied += 1
    if source.cover_attachment_id is None and source.attachments.images().exists():
        # The first of them has become it on the way.
        choose_cover(set_id=target_set_id, attachment_id=None)
    return copied
