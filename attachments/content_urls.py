"""The URLs of an attachment's content: signed ones of the content store or, until it is migrated, of its set."""

from dataclasses import dataclass
from urllib.parse import urlencode

import structlog
from django.urls import reverse

from attachments.models import Attachment, AttachmentContent
from cas.media.filetypes import BY_CONTENT_TYPE, DOWNLOAD_TYPE
from cas.media.icons import icon_of
from cas.signing import content_url, thumbnail_url

logger = structlog.get_logger(__name__)

THUMBNAIL = 150
PREVIEW = 500
# What stands for a picture that browsers do not show.
VIEW = 1000


@dataclass(frozen=True)
class Links:
    """What may be shown of an attachment; None where there is nothing to show."""

    attachment_url: str | None = None
    download_url: str | None = None
    thumbnail_url: str | None = None
    preview_url: str | None = None


def links_of(attachment: AttachmentContent) -> Links:
    """All URLs of the attachment. Makes no query."""
    if not attachment.has_content:
        return Links()
    content = _content(attachment)
    return Links(
        attachment_url=_thumbnail(attachment, VIEW) if _needs_conversion(attachment) else content,
        download_url=f"{content}&disposition=attachment",
        thumbnail_url=_thumbnail(attachment, THUMBNAIL) if attachment.has_image else None,
        preview_url=_preview(attachment),
    )


def target_of(attachment: Attachment) -> str:
    """What a click on it opens: of a link the page, not the picture of it; blank where there is nothing."""
    if attachment.attachment_type == Attachment.Type.URL:
        return attachment.web_url
    return links_of(attachment).attachment_url or ""


def cover_url(cover: Attachment | None) -> str | None:
    """The URL of the cover's thumbnail, to which the frontend appends `&thumbnail=N`; None without a picture."""
    if cover is None:
        return None
    if not cover.has_image:
        logger.warning("cover_without_picture", attachment_id=cover.pk)
        return None
    return _thumbnail(cover, THUMBNAIL)


def _needs_conversion(attachment: AttachmentContent) -> bool:
    file_type = BY_CONTENT_TYPE.get(attachment.content_type)
    return attachment.has_image and file_type is not None and not file_type.is_shown


def _preview(attachment: AttachmentContent) -> str | None:
    if attachment.attachment_type == Attachment.Type.FILE:
        return reverse("icon", args=[icon_of(attachment.filename)])
    if attachment.has_image or attachment.attachment_type == Attachment.Type.PDF:
        return _thumbnail(attachment, PREVIEW)
    return None


def _content(attachment: AttachmentContent) -> str:
    # Old rows may lack a content type; a URL has to have one.
    content_type = attachment.content_type or DOWNLOAD_TYPE
    if attachment.blob_id is None:
        query = {"content_type": content_type, "filename": attachment.filename}
        return f"{_legacy(attachment)}?{urlencode(query)}"
    return content_url(attachment.blob_id, content_type, attachment.filename)


def _thumbnail(attachment: AttachmentContent, size: int) -> str:
    if attachment.blob_id is None:
        return f"{_legacy(attachment)}?{urlencode({'thumbnail': size})}"
    return thumbnail_url(attachment.blob_id, size)


def _legacy(attachment: AttachmentContent) -> str:
    assert isinstance(attachment, Attachment), "of a removed one only the content store has anything to show"
    return reverse("legacy-content", args=[attachment.attachment_set_id, attachment.pk])
