"""The one policy for everything that serves bytes: contents, thumbnails, previews, ZIPs and icons."""

from django.http import HttpResponseBase

from cas.media.filetypes import BY_CONTENT_TYPE, DOWNLOAD_TYPE, PDF
from cas.media.thumbnails import CONTENT_TYPE as THUMBNAIL_TYPE
from cas.serving.query import ContentQuery
from core.filenames import content_disposition

FOREVER = "public, max-age=31536000, immutable"
_POLICY = "default-src 'none'; sandbox"
# Whole contents may be framed by our own pages, which show them beside what they belong to. The browser lays a picture
# out with styles of its own; in the sandbox there is no script.
_FRAME_POLICY = f"{_POLICY}; style-src 'unsafe-inline'; frame-ancestors 'self'"
# The browser's PDF viewer needs scripts and styles of its own; what counts is that no stranger frames it.
_PDF_POLICY = "frame-ancestors 'self'"


def byte_headers(
    response: HttpResponseBase,
    content_type: str,
    *,
    cache: str,
    filename: str | None = None,
    as_download: bool = False,
    etag: str | None = None,
    may_be_framed: bool = False,
) -> HttpResponseBase:
    """Add what keeps a browser from running or misreading the bytes, and from telling others where they are.

    `may_be_framed`: our own pages may show them in a frame. They may do so with every PDF.
    """
    response["Content-Type"] = content_type
    if filename is not None:
        response["Content-Disposition"] = content_disposition("attachment" if as_download else "inline", filename)
    response["Cache-Control"] = cache
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-site"
    response["Referrer-Policy"] = "no-referrer"
    is_pdf = content_type == PDF.content_type
    response["Content-Security-Policy"] = _PDF_POLICY if is_pdf else _FRAME_POLICY if may_be_framed else _POLICY
    if is_pdf or may_be_framed:
        # The policy says who may frame it, and X-Frame-Options would forbid it to us too.
        response.xframe_options_exempt = True  # type: ignore[attr-defined]
    if etag:
        response["ETag"] = etag
    return response


def content_headers(
    response: HttpResponseBase, query: ContentQuery, *, etag: str | None, cache: str
) -> HttpResponseBase:
    """The headers of a content or a thumbnail. What is not of a type that may be shown is a download."""
    file_type = BY_CONTENT_TYPE.get(query.content_type or THUMBNAIL_TYPE)
    as_download = file_type is None or not file_type.is_shown or query.as_download
    filename = query.filename or ("thumbnail" if query.thumbnail else "file")
    return byte_headers(
        response,
        file_type.content_type if file_type else DOWNLOAD_TYPE,
        cache=cache,
        filename=file_type.named(filename) if file_type else filename,
        as_download=as_download,
        etag=etag,
        may_be_framed=not as_download and not query.thumbnail,
    )
