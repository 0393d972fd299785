"""Links of a set, and the documents that links lead to."""

from contextlib import closing

from django.core.exceptions import ValidationError
from django.db import transaction

from attachments.fetching.errors import CannotFetchError
from attachments.fetching.fetch import Fetched
from attachments.fetching.previews import fetched_once
from attachments.kinds import guess_kind
from attachments.models import Attachment
from attachments.services.locks import find_set
from attachments.services.rows import add_row
from cas.models import Blob
from cas.protocol.attach import attach
from cas.storage.breaker import BREAKER
from core.validators import without_credentials


def attach_link(
    *, set_id: int, url: str, title: str = "", kind: str = "", refuse_duplicate: bool = False
) -> Attachment:
    """Add what the URL leads to, and return its row: a file is stored, a page becomes a link.

    A blank title becomes the page's, or the file's name, a blank kind a guess. `notice` of the row tells what a
    person would not expect. May take `FETCH_SECONDS`: not for use inside a transaction. Raises
    AttachmentSetNotFoundError, ValidationError; CannotFetchError when there is no title; AlreadyInSetError when the
    set has this file or link and `refuse_duplicate` is set; FetchingBusyError, ContentBusyError;
    StorageUnavailableError, which leaves no row behind.
    """
    attachment = Attachment(
        attachment_set_id=set_id, attachment_type=Attachment.Type.URL, title=title.strip() or url[:255], url=url
    )
    # Nobody should be asked for what would be refused in the end.
    find_set(set_id)
    attachment.clean_fields(exclude=["attachment_set"])
    try:
        without_credentials(url)
    except ValidationError as error:
        raise ValidationError({"url": error}) from error
    BREAKER.require()
    try:
        fetched = fetched_once(url)
    except CannotFetchError:
        if not title.strip():
            raise
        fetched = Fetched("webpage", title, notice="The address could not be fetched. Only the link was kept.")
    with closing(fetched):
        attachment.title = title.strip() or fetched.title or url[:255]
        attachment.notice = fetched.notice
        attachment.kind = kind or guess_kind(_type_of(fetched), fetched.title, title)
        _store(attachment, fetched, refuse_duplicate=refuse_duplicate)
    return attachment


def _type_of(fetched: Fetched) -> str:
    return fetched.kind if fetched.is_document else Attachment.Type.URL


def _store(attachment: Attachment, fetched: Fetched, *, refuse_duplicate: bool) -> None:
    if fetched.file is None:
        with transaction.atomic():
            add_row(attachment, refuse_duplicate=refuse_duplicate)
        return
    attachment.attachment_type = _type_of(fetched)
    attachment.filename = fetched.file.filename
    attachment.content_type = fetched.file.file_type.content_type
    attachment.file_size = fetched.file.staged.size

    def insert(blob: Blob) -> None:
        attachment.blob = blob
        add_row(attachment, refuse_duplicate=refuse_duplicate)

    attach(fetched.file.staged, insert)
