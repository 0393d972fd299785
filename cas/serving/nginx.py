"""Contents that nginx sends itself (docs/nginx.conf), once it was told here which and with which headers.

Of a folder it sends the file, of a bucket what the store answers to a presigned URL.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase

from cas.serving.ranges import ByteRange
from cas.storage import CASStorage, FileSystemCASStorage, S3CASStorage

# nginx would give them to answers of its own too: Cache-Control to an error, for a year, and the rest to an error that
# is JSON. Under another name it adds them to successes only. (The type of a file it needs before it opens the file.)
_OF_SUCCESSES = ("Cache-Control",)
_OF_SUCCESSES_FROM_A_BUCKET = ("Cache-Control", "Content-Type", "Content-Disposition", "Accept-Ranges")


def by_nginx(storage: CASStorage, digest: str, part: ByteRange | None) -> HttpResponseBase | None:
    """What tells nginx to send a content, or a part of it; None when it has to be sent from here."""
    if not settings.CAS_ACCEL_REDIRECT:
        return None
    response = HttpResponse()
    if isinstance(storage, FileSystemCASStorage):
        # It looks itself for the range that is asked for.
        response["X-Accel-Redirect"] = settings.CAS_ACCEL_REDIRECT + digest
        if part:  # With a whole file it says so itself, and the header would come twice.
            response["Accept-Ranges"] = "bytes"
        return response
    # It hands on what the store says, and not every store says that a part is one.
    if not isinstance(storage, S3CASStorage) or (part and not storage.says_partial):
        return None
    url = urlsplit(storage.presigned_url(digest))
    response["X-Accel-Redirect"] = f"{settings.CAS_ACCEL_REDIRECT}{url.path.removeprefix('/')}?{url.query}"
    response["X-Content-Host"] = url.netloc
    response["Accept-Ranges"] = "bytes"
    if part:
        response["X-Content-Range"] = f"bytes={part.start}-{part.start + part.length - 1}"
    return response


def rename_headers(response: HttpResponseBase) -> None:
    """Give the headers that belong to a success only the names under which nginx knows them."""
    if "X-Accel-Redirect" not in response:
        return
    for name in _OF_SUCCESSES_FROM_A_BUCKET if "X-Content-Host" in response else _OF_SUCCESSES:
        response[f"X-Content-{name}"] = response[name]
        del response[name]
