"""Responses with a file, a part of one, or a thumbnail as their body."""

import os
from collections.abc import Callable
from io import RawIOBase, UnsupportedOperation
from typing import Any, BinaryIO, cast

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from typing_extensions import override

from cas.errors import StorageUnavailableError
from cas.media.icons import ICON_TYPE, ICONS
from cas.media.pdf import NotRenderableError
from cas.media.thumbnails import THUMBNAIL_SIZES, thumbnail
from cas.serving.headers import byte_headers, content_headers
from cas.serving.query import ContentQuery
from cas.serving.ranges import ByteRange


class StreamedFile(FileResponse):
    """A file in pieces large enough to be fast; Django's 4 KiB are not."""

    block_size = 256 * 1024


class _ExactBody(RawIOBase):
    """A stream that breaks off, rather than to end early.

    With fewer bytes than were announced a kept connection would go on with the next answer in their place.
    """

    def __init__(self, stream: BinaryIO, length: int) -> None:
        self._stream = stream
        self._left = length

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(min(len(buffer), self._left))
        if self._left and not data:
            raise StorageUnavailableError
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)

    @override
    def close(self) -> None:
        self._stream.close()
        super().close()


def _exactly(file: BinaryIO, length: int) -> BinaryIO:
    """The file; one of a disk as it is, since the web server sends it by itself, a stream with its end checked."""
    try:
        file.fileno()
    except (AttributeError, UnsupportedOperation):
        return cast("BinaryIO", _ExactBody(file, length))
    return file


def whole_file(request: HttpRequest, file: BinaryIO, size: int) -> HttpResponseBase:
    """All of an open file; for HEAD only its length."""
    if request.method == "HEAD":
        file.close()
        response: HttpResponseBase = HttpResponse()
    else:
        response = StreamedFile(_exactly(file, size))
    response["Content-Length"] = str(size)
    return response


def part_of_file(file: BinaryIO, part: ByteRange) -> HttpResponseBase:
    """The range of an open file that begins at its start."""
    response = StreamedFile(_exactly(file, part.length), status=206)
    response["Content-Range"] = part.header
    response["Content-Length"] = str(part.length)
    return response


def thumbnail_response(
    request: HttpRequest,
    name: str,
    query: ContentQuery,
    open_original: Callable[[], BinaryIO],
    *,
    etag: str | None,
    cache: str,
) -> HttpResponseBase:
    """The thumbnail of the query, or an icon for a PDF whose first page cannot be shown.

    Raises CannotShowError, BlobNotFoundError, StorageUnavailableError.
    """
    try:
        file = thumbnail(name, query.thumbnail or THUMBNAIL_SIZES[0], open_original)
    except NotRenderableError:
        # Another renderer may show it: after five minutes it may be asked for again.
        return byte_headers(HttpResponse(ICONS["pdf"]), ICON_TYPE, cache="public, max-age=300")
    response = whole_file(request, file, os.fstat(file.fileno()).st_size)
    return content_headers(response, query, etag=etag, cache=cache)
