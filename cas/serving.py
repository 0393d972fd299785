"""Answers that carry strangers' bytes: what was asked for, and the headers that keep it harmless."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, QueryDict

from cas.errors import RefusedInputError
from cas.filenames import content_disposition
from cas.filetypes import BY_CONTENT_TYPE, PDF
from cas.pdf import NotRenderableError
from cas.thumbnails import CONTENT_TYPE as THUMBNAIL_TYPE
from cas.thumbnails import LADDER, rung, thumbnail

FOREVER = "public, max-age=31536000, immutable"
DOWNLOAD_TYPE = "application/octet-stream"
_POLICY = "default-src 'none'; sandbox"
# Whole contents may be framed by our own pages, which show them beside what they belong to.
_FRAME_POLICY = f"{_POLICY}; frame-ancestors 'self'"
# The browser's PDF viewer needs scripts and styles of its own; what counts is that no stranger frames it.
_PDF_POLICY = "frame-ancestors 'self'"
_PDF_ICON = Path(__file__).with_name("pdf_icon.svg").read_bytes()
_ONCE = ("content_type", "filename", "sig")
_KNOWN = {*_ONCE, "thumbnail", "disposition"}
_MAX_THUMBNAIL = LADDER[-1]


@dataclass(frozen=True)
class Asked:
    """The parsed query of a content address. Exactly one of `content_type` and `thumbnail` is set."""

    content_type: str | None
    filename: str | None
    thumbnail: int | None
    as_download: bool
    signature: str

    @classmethod
    def parse(cls, query: QueryDict) -> "Asked":
        """Raises RefusedInputError with a sentence for whatever is not as the contract says."""
        unknown = sorted(set(query) - _KNOWN)
        if unknown:
            raise RefusedInputError(f"Unknown parameter: {unknown[0][:50]!r}.")
        for name in _ONCE:
            # Signed parameters: with two values, the checked one might not be the used one.
            if len(query.getlist(name)) > 1:
                raise RefusedInputError(f"The parameter {name} may be given once only.")
        content_type, thumbnail = query.get("content_type"), query.get("thumbnail")
        if (content_type is None) == (thumbnail is None):
            raise RefusedInputError("Exactly one of content_type and thumbnail is needed.")
        if content_type == "":
            raise RefusedInputError("The parameter content_type is empty.")
        if thumbnail is not None and query.get("filename") is not None:
            raise RefusedInputError("A thumbnail has no file name.")
        disposition = query.get("disposition", "inline")
        if disposition not in {"inline", "attachment"}:
            raise RefusedInputError("The parameter disposition must be inline or attachment.")
        return cls(
            content_type=content_type,
            filename=query.get("filename"),
            thumbnail=None if thumbnail is None else _thumbnail_size(thumbnail),
            as_download=disposition == "attachment",
            signature=query.get("sig", ""),
        )


def _thumbnail_size(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= _MAX_THUMBNAIL):
        raise RefusedInputError(f"The parameter thumbnail must be a whole number from 1 to {_MAX_THUMBNAIL}.")
    return rung(int(text))


class StreamedFile(FileResponse):
    """A file in pieces large enough to be fast; Django's 4 KiB are not."""

    block_size = 256 * 1024


def not_modified(request: HttpRequest, etag: str) -> bool:
    """Whether the client has it already (RFC 9110, section 13.1.2)."""
    header = request.headers.get("If-None-Match", "")
    tags = (tag.strip().removeprefix("W/") for tag in header.split(","))
    return any(tag in ("*", etag) for tag in tags)


def content_headers(response: HttpResponseBase, asked: Asked, *, etag: str | None, cache: str) -> HttpResponseBase:
    """Add what every answer with content has, so that a browser neither runs nor misreads it."""
    file_type = BY_CONTENT_TYPE.get(asked.content_type or THUMBNAIL_TYPE)
    inline = file_type is not None and not asked.as_download
    response["Content-Type"] = file_type.content_type if file_type else DOWNLOAD_TYPE
    response["Content-Disposition"] = content_disposition(
        "inline" if inline else "attachment",
        asked.filename or ("thumbnail.jpg" if asked.thumbnail else "file"),
    )
    response["Cache-Control"] = cache
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-site"
    response["Referrer-Policy"] = "no-referrer"
    response["Content-Security-Policy"] = _POLICY
    if inline and not asked.thumbnail:
        response["Content-Security-Policy"] = _PDF_POLICY if file_type is PDF else _FRAME_POLICY
        # These policies say who may frame it, and X-Frame-Options would forbid it to us too.
        response.xframe_options_exempt = True  # type: ignore[attr-defined]
    if etag:
        response["ETag"] = etag
    return response


def thumbnail_response(
    request: HttpRequest,
    name: str,
    asked: Asked,
    open_original: Callable[[], BinaryIO],
    *,
    etag: str | None,
    cache: str,
) -> HttpResponseBase:
    """The thumbnail that was asked for; for a PDF there is always a picture.

    Raises CannotShowError, BlobNotFoundError, StorageUnavailableError.
    """
    try:
        file = thumbnail(name, asked.thumbnail or LADDER[0], open_original)
    except NotRenderableError:
        return _pdf_icon()
    size = os.fstat(file.fileno()).st_size
    return content_headers(whole(request, file, size), asked, etag=etag, cache=cache)


def _pdf_icon() -> HttpResponse:
    """What stands for a document whose first page cannot be shown; after five minutes it may be asked for again."""
    response = HttpResponse(_PDF_ICON, content_type="image/svg+xml")
    response["Cache-Control"] = "public, max-age=300"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _POLICY
    response["Cross-Origin-Resource-Policy"] = "same-site"
    return response


def whole(request: HttpRequest, file: BinaryIO, size: int) -> HttpResponseBase:
    """All of an open file; for HEAD only its length."""
    if request.method == "HEAD":
        file.close()
        response: HttpResponseBase = HttpResponse()
    else:
        response = StreamedFile(file)
    response["Content-Length"] = str(size)
    return response


def wanted_range(request: HttpRequest, etag: str) -> str:
    """The Range header, or nothing when If-Range names another version (RFC 9110, section 13.1.5)."""
    if request.method != "GET" or request.headers.get("If-Range", etag) != etag:
        return ""
    return request.headers.get("Range", "")
