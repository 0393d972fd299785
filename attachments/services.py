"""Everything that changes a set: for the API, the admin, the commands and the shell alike.

Every change locks the set before its attachments, and one file is one transaction (docs/protocol.md, rule R5). Nothing
here deletes bytes: the collector does, later.
"""

import time
from contextlib import closing
from functools import partial

import structlog
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import Max

from attachments import metrics
from attachments.errors import (
    CannotFetchError,
    NotAnImageError,
    UnknownAttachmentError,
    UnknownSetError,
)
from attachments.fetching.links import Fetched
from attachments.fetching.previews import fetched_once
from attachments.inspection import inspect
from attachments.models import Attachment, AttachmentSet
from attachments.sets import is_first_image, locked_attachment, locked_set, refuse_twin, set_cover, staged_from, touch
from attachments.validators import without_credentials
from cas import services as cas
from cas.filenames import clean_filename
from cas.models import Blob
from cas.uploads import RefusedUpload

logger = structlog.get_logger(__name__)


def attach_file(*, set_id: int, upload: "File[bytes]", title: str = "", refuse_duplicate: bool = False) -> Attachment:
    """Store the upload in the set and return its row. A blank title becomes the file's name.

    Raises UnknownSetError; EmptyFileError, FileTypeNotAllowedError, FileTooLargeError, ImageRefusedError,
    ImageLimitError; DecodingBusyError; AlreadyInSetError when the set has this content and `refuse_duplicate` is set;
    ContentBusyError; StorageUnavailableError, which leaves no row and no changed cover behind.
    """
    if isinstance(upload, RefusedUpload):
        raise upload.error
    started = time.perf_counter()
    staged = staged_from(upload)
    try:
        file_type = inspect(staged).file_type
        filename = clean_filename(upload.name or "")
        attachment = Attachment(
            attachment_set_id=set_id,
            attachment_type=file_type.kind,
            title=title.strip() or filename,
            filename=filename,
            content_type=file_type.content_type,
            file_size=staged.size,
        )
        cas.attach(staged, lambda blob: _add(attachment, blob, refuse_duplicate=refuse_duplicate))
    finally:
        staged.close()
    metrics.UPLOAD_SECONDS.labels(attachment.attachment_type).observe(time.perf_counter() - started)
    return attachment


def attach_link(*, set_id: int, url: str, title: str = "", refuse_duplicate: bool = False) -> Attachment:
    """Add what the address leads to, and return its row: an image or a PDF is stored, a page becomes a link.

    A blank title becomes the page's, or the file's name. `notice` of the row tells what a person would not expect. May
    take `FETCH_SECONDS`: not for use inside a transaction. Raises UnknownSetError, ValidationError; CannotFetchError
    when there is no title; AlreadyInSetError when the set has this file or link and `refuse_duplicate` is set;
    FetchingBusyError, ContentBusyError; StorageUnavailableError, which leaves no row behind.
    """
    attachment = Attachment(
        attachment_set_id=set_id, attachment_type=Attachment.Type.URL, title=title.strip() or url[:255], url=url
    )
    # Nobody should be asked for what would be refused in the end.
    if not AttachmentSet.objects.filter(pk=set_id).exists():
        raise UnknownSetError
    attachment.clean_fields(exclude=["attachment_set"])
    try:
        without_credentials(url)
    except ValidationError as error:
        raise ValidationError({"url": error}) from error
    try:
        fetched = fetched_once(url)
    except CannotFetchError:
        if not title.strip():
            raise
        fetched = Fetched("webpage", title, notice="The address could not be fetched. Only the link was kept.")
    with closing(fetched):
        attachment.title = title.strip() or fetched.title or url[:255]
        attachment.notice = fetched.notice
        _add_fetched(attachment, fetched, refuse_duplicate=refuse_duplicate)
    return attachment


def rename(*, set_id: int, attachment_id: int, title: str) -> Attachment:
    """Give the attachment another title.

    Raises UnknownSetError, UnknownAttachmentError, NotInSetError, ValidationError.
    """
    with transaction.atomic():
        attachment_set = locked_set(set_id)
        attachment = locked_attachment(attachment_set, attachment_id)
        attachment.title = title.strip()
        # The title alone: what an old row has elsewhere must not be in the way.
        attachment.clean_fields(exclude={field.name for field in Attachment._meta.fields} - {"title"})
        attachment.save(update_fields=["title", "updated_at"])
        touch(attachment_set)
    return attachment


def choose_cover(*, set_id: int, attachment_id: int | None) -> AttachmentSet:
    """Make the attachment the cover, or clear the cover with None.

    Raises UnknownSetError, UnknownAttachmentError, NotInSetError, NotAnImageError.
    """
    with transaction.atomic():
        attachment_set = locked_set(set_id)
        attachment = None if attachment_id is None else locked_attachment(attachment_set, attachment_id)
        if attachment is not None and not attachment.has_image:
            raise NotAnImageError
        set_cover(attachment_set, attachment, "cleared" if attachment is None else "chosen")
    return attachment_set


def detach(*, set_id: int, attachment_id: int) -> None:
    """Delete the attachment; its cover passes to the oldest remaining image (`attachments.signals`).

    Raises UnknownSetError, UnknownAttachmentError, NotInSetError.
    """
    with transaction.atomic():
        locked_attachment(locked_set(set_id), attachment_id).delete()


def copy(
    *, attachment_id: int, target_set_id: int, set_as_cover: bool = False, refuse_duplicate: bool = False
) -> Attachment:
    """Add the same content to another set, without moving a byte, and return the new row.

    Raises UnknownSetError, UnknownAttachmentError; NotAnImageError when it is to be the cover but has no picture;
    AlreadyInSetError when the target has this content or link and `refuse_duplicate` is set.
    """
    with transaction.atomic():
        target = locked_set(target_set_id)
        source = Attachment.objects.select_for_update(of=("self",)).filter(pk=attachment_id).first()
        if source is None:
            raise UnknownAttachmentError
        if set_as_cover and not source.has_image:
            raise NotAnImageError
        if refuse_duplicate:
            refuse_twin(target, source)
        attachment = Attachment(
            attachment_set=target,
            attachment_type=source.attachment_type,
            title=source.title,
            url=source.url,
            filename=source.filename,
            content_type=source.content_type,
            file_size=source.file_size,
            blob_id=source.blob_id,
            # Once the content is in the store, the old object is the source's alone.
            legacy_key="" if source.blob_id else source.legacy_key,
        )
        # What was good enough for the source is so for the copy: no validation, the source may be older than the rules.
        _insert(attachment, target, set_as_cover=set_as_cover)
    return attachment


def copy_all(*, source_set_id: int, target_set_id: int) -> int:
    """Copy every attachment of a set into another one, the cover as cover, and return how many there were.

    One attachment, one transaction: what somebody deletes meanwhile is left out. Raises UnknownSetError.
    """
    source = AttachmentSet.objects.filter(pk=source_set_id).first()
    if source is None:
        raise UnknownSetError
    copied = 0
    for attachment in source.attachments.in_order():
        is_cover = attachment.pk == source.cover_attachment_id and attachment.has_image
        try:
            copy(attachment_id=attachment.pk, target_set_id=target_set_id, set_as_cover=is_cover)
        except UnknownAttachmentError:
            continue
        copied += 1
    if source.cover_attachment_id is None and source.attachments.images().exists():
        # The first of them has become it on the way.
        choose_cover(set_id=target_set_id, attachment_id=None)
    return copied


def _add_fetched(attachment: Attachment, fetched: Fetched, *, refuse_duplicate: bool) -> None:
    if fetched.file is None:
        with transaction.atomic():
            _add(attachment, None, refuse_duplicate=refuse_duplicate)
        return
    if fetched.is_document:
        attachment.attachment_type = fetched.kind
    attachment.filename = fetched.file.filename
    attachment.content_type = fetched.file.file_type.content_type
    attachment.file_size = fetched.file.staged.size
    cas.attach(fetched.file.staged, lambda blob: _add(attachment, blob, refuse_duplicate=refuse_duplicate))


def _add(attachment: Attachment, blob: Blob | None, *, refuse_duplicate: bool = False) -> None:
    attachment.blob = blob
    attachment_set = locked_set(attachment.attachment_set_id)
    if refuse_duplicate:
        refuse_twin(attachment_set, attachment)
    # Set and blob are locked: no need to look whether they exist.
    attachment.full_clean(exclude=["attachment_set", "blob"])
    _insert(attachment, attachment_set)


def _insert(attachment: Attachment, attachment_set: AttachmentSet, *, set_as_cover: bool = False) -> None:
    """Insert at the end of the locked set; the first image becomes the cover."""
    last = attachment_set.attachments.aggregate(last=Max("position"))["last"]
    attachment.position = 0 if last is None else last + 1
    attachment.save(force_insert=True)
    if set_as_cover or is_first_image(attachment_set, attachment):
        set_cover(attachment_set, attachment, "chosen" if set_as_cover else "first_image")
    else:
        touch(attachment_set)
    # Asked now: once the lock is gone the owner may be, too.
    owner = attachment_set.owner
    transaction.on_commit(partial(_report_created, attachment, owner._meta.model_name if owner else "nobody"))


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
