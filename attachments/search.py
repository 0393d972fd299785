"""By what attachments, and their owners, are found: names, titles, addresses, and the beginning of a SHA-256."""

from collections.abc import Iterator, Sequence

from django.db.models import Model

from attachments.models import Attachment, AttachmentOwner, AttachmentSet
from core.search import Belonging, Text


def text(attachment: Attachment) -> Text:
    """The text of the attachment."""
    address = attachment.url.partition("://")[2]
    return Text((attachment.title, attachment.filename, address), digest=attachment.blob_id)


def read(model: type[Model], ids: Sequence[int], *, lock: bool) -> Iterator[tuple[int, Attachment]]:
    """Every attachment of these owners, beside the owner's primary key. With `lock` nobody changes them meanwhile."""
    if not issubclass(model, AttachmentOwner):
        return
    owners = dict(model._base_manager.filter(pk__in=ids).values_list("attachment_set", "pk"))
    if lock:
        list(AttachmentSet.objects.locked().filter(pk__in=owners).order_by("pk").values_list("pk"))
    columns = ("attachment_set", "title", "filename", "url", "blob")
    for attachment in Attachment.objects.filter(attachment_set__in=owners).order_by("pk").only(*columns):
        yield owners[attachment.attachment_set_id], attachment


ATTACHMENTS = Belonging("file", Attachment, text, read)
