"""What the history of a part or kit says of its attachments."""

from typing import Any

from attachments.models import Attachment, AttachmentSet
from core import history


def note(attachment_set: AttachmentSet, verb: str, attachment: Attachment | None = None, **more: Any) -> None:
    """Record what happened to the attachment, or to the cover, under the owner of the set."""
    about: dict[str, Any] = {} if attachment is None else {"attachment_id": attachment.pk, "title": attachment.title}
    history.record(attachment_set.owner or attachment_set, verb, **about, **more)
