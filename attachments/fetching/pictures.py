"""The picture of a page, from the URLs that the page itself names. Nobody else's service is asked."""

from collections.abc import Iterator
from contextlib import closing

import structlog

from attachments.fetching.bodies import Body, FetchedFile, body_of, filename_of, stage
from attachments.fetching.client import opened
from attachments.fetching.deadline import Deadline
from attachments.fetching.errors import CannotFetchError
from attachments.fetching.pages import Page
from cas.errors import CannotShowError, DecodingBusyError
from cas.media.conversion import convert_to_png, is_convertible
from cas.media.filetypes import PNG, FileType, recognise
from cas.media.inspection import Inspection, too_large
from cas.storage import cas_storage
from cas.storage.staging import StagedFile
from core.errors import RefusedInputError

logger = structlog.get_logger(__name__)

# Each costs a request, and a page may name any number.
_ATTEMPTS = 6
# Smaller ones count visitors, or keep columns apart.
_MIN_PIXELS = 8


class _NoPictureError(Exception):
    """This URL has none that can be kept."""


def picture_of(page: Page, deadline: Deadline) -> FetchedFile | None:
    """The first of the page's pictures that can be kept, staged, or None. Raises StorageUnavailableError."""
    for url in page.pictures[:_ATTEMPTS]:
        try:
            return _fetched(url, deadline)
        except CannotFetchError as error:
            reason = error.reason
        except (RefusedInputError, CannotShowError, DecodingBusyError, _NoPictureError) as error:
            reason = str(error)
        logger.info("picture_skipped", reason=reason)
    return None


def _fetched(url: str, deadline: Deadline) -> FetchedFile:
    with opened(url, deadline) as response:
        body = body_of(response)
        file_type = recognise(body.head)
        if file_type.kind == "image" and file_type.is_shown:
            staged, inspection = stage(body.chunks(), file_type, deadline, length=response.length)
        elif is_convertible(body.head):
            file_type, (staged, inspection) = PNG, _converted(body, deadline)
        else:
            raise _NoPictureError("it is no picture that can be kept")
        filename = filename_of(response, url, file_type)
    if inspection.size is None or min(inspection.size) < _MIN_PIXELS:
        staged.close()
        raise _NoPictureError("it has hardly any pixels")
    return FetchedFile(staged, file_type, filename)


def _converted(body: Body, deadline: Deadline) -> tuple[StagedFile, Inspection]:
    with closing(cas_storage().stage()) as original, closing(cas_storage().stage()) as picture:
        for chunk in _limited(body.chunks(), PNG):
            original.write(chunk)
        convert_to_png(original.file, picture.file, seconds=deadline.left())
        picture.file.seek(0)
        return stage(iter(lambda: picture.file.read(64 * 1024), b""), PNG, deadline)


def _limited(chunks: Iterator[bytes], file_type: FileType) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > file_type.max_bytes:
            raise too_large("The picture", size, file_type.max_bytes)
        yield chunk
