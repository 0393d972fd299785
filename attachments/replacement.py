"""Another file for an attachment that is there: a service, with the locks of the others."""

import time
from collections.abc import Callable

import structlog
from django.core.files import File

from attachments import metrics
from attachments.errors import NotAFileError
from attachments.inspection import inspect
from attachments.models import Attachment, AttachmentSet
from attachments.sets import is_first_image, locked_attachment, locked_set, refuse_twin, set_cover, staged_from, touch
from cas import services as cas
from cas.filenames import clean_filename
from cas.models import Blob
from cas.uploads import RefusedUpload

logger = structlog.get_logger(__name__)


def replace_file(
    *,
    set_id: int,
    attachment_id: int,
    upload: "File[bytes]",
    refuse_duplicate: bool = False,
    check: Callable[[], None] = lambda: None,
) -> Attachment:
    """Give the attachment another file; title, position and cover stay. The old content is left to the collector.

    A cover that has no picture any more passes to the oldest other image. `check` is called with everything locked;
    what it raises takes the change back. Raises NotAFileError for a link, UnknownAttachmentError, NotInSetError, and
    whatever `attach_file` raises.
    """
    if isinstance(upload, RefusedUpload):
        raise upload.error
    started = time.perf_counter()
    staged = staged_from(upload)
    try:
        file_type = inspect(staged).file_type
        content = {
            "attachment_type": file_type.kind,
            "filename": clean_filename(upload.name or ""),
            "content_type": file_type.content_type,
            "file_size": staged.size,
            # The new content was never in the legacy store.
            "legacy_key": "",
        }

        def change(blob: Blob) -> Attachment:
            attachment_set = locked_set(set_id)
            attachment = locked_attachment(attachment_set, attachment_id)
            if attachment.attachment_type == Attachment.Type.URL:
                raise NotAFileError
            check()
            was_image = attachment.attachment_type == Attachment.Type.IMAGE
            for name, value in content.items():
                setattr(attachment, name, value)
            attachment.blob = blob
            if refuse_duplicate:
                refuse_twin(attachment_set, attachment)
            attachment.clean_fields(exclude={field.name for field in Attachment._meta.fields} - set(content))
            attachment.save(update_fields=[*content, "blob", "updated_at"])
            _keep_a_cover(attachment_set, attachment, was_image=was_image)
            return attachment

        attachment = cas.attach(staged, change)
    finally:
        staged.close()
    metrics.UPLOAD_SECONDS.labels(attachment.attachment_type).observe(time.perf_counter() - started)
    logger.info("attachment_replaced", attachment_id=attachment.pk, attachment_set_id=set_id, digest=attachment.blob_id)
    return attachment


def _keep_a_cover(attachment_set: AttachmentSet, replaced: Attachment, *, was_image: bool) -> None:
    """What held of the old file holds of the new one: a cover shows a picture, and the first image becomes it."""
    if attachment_set.cover_attachment_id == replaced.pk and not replaced.has_image:
        images = attachment_set.attachments.images().exclude(pk=replaced.pk)
        heir = images.order_by("created_at", "id").first()
        set_cover(attachment_set, heir, "handed_over" if heir else "lost")
    elif not was_image and is_first_image(attachment_set, replaced):
        set_cover(attachment_set, replaced, "first_image")
    else:
        touch(attachment_set)
