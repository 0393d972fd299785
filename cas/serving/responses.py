"""Responses with a file, a part of one, or a thumbnail as their body."""

import os
from collections.abc import Callable
from typing import BinaryIO

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase

from cas.media.icons import ICON_TYPE, ICONS
from cas.media.pdf import NotRenderableError
from cas.media.thumbnails import THUMBNAIL_SIZES, thumbnail
from cas.serving.headers import byte_headers, content_headers
from cas.serving.query import ContentQuery
from cas.serving.ranges import ByteRange


class StreamedFile(FileResponse):
    """A file in pieces large enough to be fast; Django's 4 KiB are not."""

    block_size = 256 * 1024


def whole_file(request: HttpRequest, file: BinaryIO, size: int) -> HttpResponseBase:
    """All of an open file; for HEAD only its length."""
    if request.method == "HEAD":
        file.close()
        response: HttpResponseBase = HttpResponse()
    else:
        response = StreamedFile(file)
    response["Content-Length"] = str(size)
    return response


def part_of_file(file: BinaryIO, part: ByteRange) -> HttpResponseBase:
    """The range of an open file that begins at its start."""
    response = StreamedFile(file, status=206)
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
