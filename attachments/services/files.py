"""Files of a set: a new one, or another one in the place of an old one."""

import time
from collections.abc import Callable
from copy import copy
from typing import Any

import structlog
from django.core.files import File

from attachments import metrics
from attachments.errors import NotAFileError
from attachments.history import note
from attachments.kinds import guess_kind
from attachments.models import Attachment, RemovedAttachment
from attachments.services.covers import keep_cover_valid
from attachments.services.locks import find_attachment, find_set, locked_attachment, locked_set
from attachments.services.rows import add_row, refuse_duplicate_of, refuse_file_again
from cas.media.filetypes import BY_CONTENT_TYPE
from cas.media.inspection import inspect
from cas.protocol.attach import attach
from cas.storage import cas_storage
from cas.storage.staging import CHUNK_BYTES, StagedFile, stage_chunks
from cas.uploads import RefusedUpload, StagedUpload
from core import search
from core.filenames import clean_filename

logger = structlog.get_logger(__name__)


def attach_file(
    *, set_id: int, upload: "File[bytes]", title: str = "", kind: str = "", refuse_duplicate: bool = False
) -> Attachment:
    """Store the upload in the set and return its row. A blank title becomes the file's name, a blank kind a guess.

    Raises AttachmentSetNotFoundError; EmptyFileError, FileTypeNotAllowedError, FileTooLargeError, ImageRefusedError,
    ImageLimitError; DecodingBusyError; AlreadyInSetError when the set has this content and `refuse_duplicate` is set;
    ContentBusyError; StorageUnavailableError, which leaves no row and no changed cover behind.
    """

    def look(digest: str) -> None:
        find_set(set_id)
        if refuse_duplicate:
            refuse_file_again(set_id, digest)

    def insert(content: dict[str, Any]) -> Attachment:
        filename = _title_of(content["content_type"], content["filename"])
        guess = kind or guess_kind(content["attachment_type"], filename, title)
        attachment = Attachment(attachment_set_id=set_id, title=title.strip() or filename, kind=guess, **content)
        add_row(attachment, refuse_duplicate=refuse_duplicate)
        return attachment

    return _store(upload, look, insert)


def replace_file(
    *,
    set_id: int,
    attachment_id: int,
    upload: "File[bytes]",
    refuse_duplicate: bool = False,
    check: Callable[[], None] = lambda: None,
) -> Attachment:
    """Give the attachment another file; position and cover stay. The old file can be restored for a while.

    So do a title and a kind that somebody has chosen; a title that is the old file's name becomes the new one's. A
    cover that has no picture any more passes to the oldest other image. `check` is called before anything is sent, and
    again with everything locked; what it raises takes the change back. Raises NotAFileError for a link,
    AttachmentNotFoundError, NotInSetError, and whatever `attach_file` raises.
    """

    def look(digest: str) -> None:
        if find_attachment(set_id, attachment_id).attachment_type == Attachment.Type.URL:
            raise NotAFileError
        check()
        if refuse_duplicate:
            refuse_file_again(set_id, digest)

    def change(content: dict[str, Any]) -> Attachment:
        # The new content was never in the legacy store.
        content = {**content, "legacy_key": ""}
        attachment_set = locked_set(set_id)
        attachment = locked_attachment(attachment_set, attachment_id)
        if attachment.attachment_type == Attachment.Type.URL:
            raise NotAFileError
        check()
        was_image = attachment.attachment_type == Attachment.Type.IMAGE
        before = copy(attachment)
        content |= _follows(attachment, content)
        for name, value in content.items():
            setattr(attachment, name, value)
        if refuse_duplicate:
            refuse_duplicate_of(attachment)
        # The blob is locked: no need to look whether it exists.
        checked = set(content) - {"blob"}
        attachment.clean_fields(exclude={field.name for field in Attachment._meta.fields} - checked)
        if before.blob_id != attachment.blob_id:
            RemovedAttachment.keep(before, was_cover=attachment_set.cover_attachment_id == attachment.pk)
        note(attachment_set, "attachment_replaced", attachment, filename=attachment.filename)
        attachment.save(update_fields=[*content, "updated_at"])
        keep_cover_valid(attachment_set, attachment, was_image=was_image)
        if (owner := attachment_set.owner) is not None:
            search.touch(owner, attachment)
        return attachment

    attachment = _store(upload, look, change)
    logger.info("attachment_replaced", attachment_id=attachment.pk, attachment_set_id=set_id, digest=attachment.blob_id)
    return attachment


def _follows(attachment: Attachment, content: dict[str, Any]) -> dict[str, str]:
    """Title and kind for the new content, where nobody has given the attachment others than it was added with."""
    changes = {}
    if attachment.title in {attachment.filename, _title_of(attachment.content_type, attachment.filename)}:
        changes["title"] = _title_of(content["content_type"], content["filename"])
    if attachment.kind == guess_kind(attachment.attachment_type, attachment.filename, attachment.title):
        title = changes.get("title", attachment.title)
        changes["kind"] = guess_kind(content["attachment_type"], content["filename"], title)
    return changes


def _title_of(content_type: str, filename: str) -> str:
    file_type = BY_CONTENT_TYPE.get(content_type)
    return file_type.named(filename) if file_type else filename


def _store(
    upload: "File[bytes]", look: Callable[[str], None], save: Callable[[dict[str, Any]], Attachment]
) -> Attachment:
    """Inspect and store the upload; `save` writes the row, given the fields that say what its content is.

    `look` is called with the digest before anything is sent, and refuses what `save` would refuse in the end.
    """
    if isinstance(upload, RefusedUpload):
        raise upload.error
    started = time.perf_counter()
    staged = _staged(upload)
    try:
        look(staged.digest)
        filename = clean_filename(upload.name or "")
        file_type = inspect(staged, filename=filename).file_type
        content = {
            "attachment_type": file_type.kind,
            "filename": filename,
            "content_type": file_type.content_type,
            "file_size": staged.size,
        }
        attachment = attach(staged, lambda blob: save({**content, "blob": blob}))
    finally:
        staged.close()
    metrics.UPLOAD_SECONDS.labels(attachment.attachment_type).observe(time.perf_counter() - started)
    return attachment


def _staged(upload: "File[bytes]") -> StagedFile:
    if isinstance(upload, StagedUpload):
        return upload.staged
    return stage_chunks(cas_storage().staging_dir, upload.chunks(CHUNK_BYTES))
