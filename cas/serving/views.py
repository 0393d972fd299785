"""The signed URL of a content: stateless, without database, session or user."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified

from cas.errors import BlobNotFoundError
from cas.serving.headers import FOREVER, content_headers
from cas.serving.nginx import by_nginx, rename_headers
from cas.serving.query import ContentQuery
from cas.serving.ranges import ByteRange, parse_range
from cas.serving.responses import part_of_file, thumbnail_response, whole_file
from cas.signing import is_signed
from cas.storage import CASStorage, S3CASStorage, StoredObject, cas_storage, is_digest
from core.errors import NotAllowedError, RefusedInputError
from core.etags import not_modified


class BadSignatureError(NotAllowedError):
    """The URL was not made by this server, or was changed."""

    code = "bad_signature"

    def __init__(self) -> None:
        super().__init__("This address is not signed, or was changed.")


def content(request: HttpRequest, digest: str) -> HttpResponseBase:
    """The bytes of a content, or a thumbnail of it, cached for ever by whoever asked."""
    if not is_digest(digest):
        raise RefusedInputError("A content address has 64 lower-case hexadecimal digits.")
    query = ContentQuery.parse(request.GET)
    if settings.CAS_REQUIRE_SIGNATURE and not is_signed(query.signature, digest, query.content_type, query.filename):
        raise BadSignatureError
    etag = f'"{digest}-{query.thumbnail}"' if query.thumbnail else f'"{digest}"'
    if not_modified(request, etag):
        return content_headers(HttpResponseNotModified(), query, etag=etag, cache=FOREVER)
    if query.thumbnail:
        return thumbnail_response(
            request, digest, query, lambda: cas_storage().open_range(digest), etag=etag, cache=FOREVER
        )
    response = content_headers(_original(request, digest, etag), query, etag=etag, cache=FOREVER)
    rename_headers(response)
    return response


def _original(request: HttpRequest, digest: str, etag: str) -> HttpResponseBase:
    storage = cas_storage()
    wanted = _wanted_range(request, etag) if request.method == "GET" else ""
    if request.method == "GET" and not wanted:
        response = _whole(request, storage, digest)
    else:
        response = _looked_at(request, storage, digest, wanted)
    if "X-Accel-Redirect" not in response:
        response["Accept-Ranges"] = "bytes"
    return response


def _whole(request: HttpRequest, storage: CASStorage, digest: str) -> HttpResponseBase:
    """One request to the store says whether it is there, how long it is, and what it is."""
    if not settings.CAS_ACCEL_REDIRECT:
        return whole_file(request, *storage.open_whole(digest))
    # To a bucket nginx sends that request, and says itself that there is none.
    handed_over = by_nginx(storage, digest, None) if isinstance(storage, S3CASStorage) else None
    return handed_over or _looked_at(request, storage, digest, "")


def _looked_at(request: HttpRequest, storage: CASStorage, digest: str, wanted: str) -> HttpResponseBase:
    """What depends on the length, or needs no bytes."""
    stored = storage.stat(digest)
    if stored is None:
        raise BlobNotFoundError
    if request.method == "HEAD":
        return HttpResponse(headers={"Content-Length": str(stored.size)})
    part = parse_range(wanted, stored.size)
    # A range that is none nginx would refuse.
    handed_over = by_nginx(storage, digest, part) if part or not wanted else None
    return handed_over or _from_here(request, storage, stored, part)


def _from_here(
    request: HttpRequest, storage: CASStorage, stored: StoredObject, part: ByteRange | None
) -> HttpResponseBase:
    if part is None:
        return whole_file(request, storage.open_range(stored.name), stored.size)
    return part_of_file(storage.open_range(stored.name, part.start, part.length), part)


def _wanted_range(request: HttpRequest, etag: str) -> str:
    """The Range header, or nothing when If-Range names another version (RFC 9110, section 13.1.5)."""
    if request.headers.get("If-Range", etag) != etag:
        return ""
    return request.headers.get("Range", "")
