"""The content addresses: stateless, without database, session or user."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified

from cas.addresses import is_signed
from cas.errors import BlobNotFoundError, NotAllowedError, RefusedInputError
from cas.ranges import parse_range
from cas.serving import (
    FOREVER,
    Asked,
    StreamedFile,
    content_headers,
    not_modified,
    thumbnail_response,
    wanted_range,
    whole,
)
from cas.storage import FileSystemCASStorage, cas_storage, is_digest


class BadSignatureError(NotAllowedError):
    """The address was not made by this server, or was changed."""

    code = "bad_signature"

    def __init__(self) -> None:
        super().__init__("This address is not signed, or was changed.")


def content(request: HttpRequest, digest: str) -> HttpResponseBase:
    """The bytes of a content, or a thumbnail of it, cached for ever by whoever asked."""
    if not is_digest(digest):
        raise RefusedInputError("A content address has 64 lower-case hexadecimal digits.")
    asked = Asked.parse(request.GET)
    if settings.CAS_REQUIRE_SIGNATURE and not is_signed(asked.signature, digest, asked.content_type, asked.filename):
        raise BadSignatureError
    etag = f'"{digest}-{asked.thumbnail}"' if asked.thumbnail else f'"{digest}"'
    if not_modified(request, etag):
        return content_headers(HttpResponseNotModified(), asked, etag=etag, cache=FOREVER)
    if asked.thumbnail:
        return thumbnail_response(
            request, digest, asked, lambda: cas_storage().open_range(digest), etag=etag, cache=FOREVER
        )
    response = content_headers(_original(request, digest, etag), asked, etag=etag, cache=FOREVER)
    if "X-Accel-Redirect" in response:
        # nginx would keep Cache-Control on its own errors too, for a year. Under this name it adds it to successes.
        response["X-Content-Cache-Control"] = response["Cache-Control"]
        del response["Cache-Control"]
    return response


def _original(request: HttpRequest, digest: str, etag: str) -> HttpResponseBase:
    storage = cas_storage()
    stored = storage.stat(digest)
    if stored is None:
        raise BlobNotFoundError
    wanted = wanted_range(request, etag)
    part = parse_range(wanted, stored.size)
    if settings.CAS_ACCEL_REDIRECT and isinstance(storage, FileSystemCASStorage) and (part or not wanted):
        # nginx sends the file, or the part of it that the request asks for. A range that is none it would refuse.
        response: HttpResponseBase = HttpResponse()
        response["X-Accel-Redirect"] = settings.CAS_ACCEL_REDIRECT + digest
    elif request.method == "HEAD":
        response = HttpResponse()
        response["Content-Length"] = str(stored.size)
    elif part is None:
        response = whole(request, storage.open_range(digest), stored.size)
    else:
        response = StreamedFile(storage.open_range(digest, part.start, part.length), status=206)
        response["Content-Range"] = part.header
        response["Content-Length"] = str(part.length)
    response["Accept-Ranges"] = "bytes"
    return response
