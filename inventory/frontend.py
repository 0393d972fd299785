"""A frontend of one's own beside the admin: the files of `FRONTEND_DIR`, a built single-page application.

They are read at each request, so another build may be copied over them at any time. For more than one person nginx
sends the assets (docs/nginx.conf).
"""

import os
import re
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from csp.constants import HEADER as POLICY_HEADER
from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe
from django.views.static import serve

from cas.serving.headers import FOREVER
from inventory.stream.redirect import stream_origin

# What is not the frontend's: these, and everything below them.
PATHS = r"^(?!(?:admin|api|static|health|metrics|q)(?:/|$))(?P<path>.+)$"
_INDEX = "index.html"
# Its build puts a hash into the names of these.
_ASSETS = re.compile(r"assets/.+")


@require_safe
def start(request: HttpRequest) -> HttpResponseBase:
    """The frontend's start; without a frontend the admin's."""
    return _file(request, _INDEX) if settings.FRONTEND_DIR else redirect("admin:index")


@require_safe
def page_or_file(request: HttpRequest, path: str) -> HttpResponseBase:
    """A file of the frontend or, for a page that only its router knows, its index. Raises Http404."""
    if not settings.FRONTEND_DIR:
        raise Http404
    try:
        return _file(request, path)
    except Http404:
        if not _is_navigation(request) or PurePosixPath(path).suffix or _ASSETS.match(path):
            raise
    return _file(request, _INDEX)


def _is_navigation(request: HttpRequest) -> bool:
    mode = request.headers.get("Sec-Fetch-Mode")
    return request.accepts("text/html") if mode is None else mode == "navigate"


def _file(request: HttpRequest, path: str) -> HttpResponseBase:
    # Dates do not tell builds apart: going back to an older one makes the date of the index older too.
    request.META.pop("HTTP_IF_MODIFIED_SINCE", None)
    try:
        file = cast("FileResponse", serve(request, path, document_root=str(settings.FRONTEND_DIR)))
    except (OSError, ValueError) as error:
        # A name too long for the disk, with a NUL, or of a file that may not be read.
        raise Http404 from error
    response = _with_etag(request, file)
    response["Cache-Control"] = FOREVER if _ASSETS.match(path) else "no-cache"
    # For its workers' scripts too: they connect under the policy that they came with.
    response[POLICY_HEADER] = _policy(request)
    return response


def _with_etag(request: HttpRequest, file: FileResponse) -> HttpResponseBase:
    """The file with a tag; only its headers for HEAD, only 304 for who has it."""
    stream = cast("BinaryIO", file.file_to_stream)
    found = os.fstat(stream.fileno())
    etag = f'"{found.st_mtime_ns:x}-{found.st_size:x}"'
    response: HttpResponseBase = get_conditional_response(request, etag=etag) or file
    if response is file and request.method == "HEAD":
        response = HttpResponse(headers=dict(file.headers))
    if response is not file:
        # Not the whole response: to Django that is the end of the request.
        stream.close()
    del response["Last-Modified"]
    response["ETag"] = etag
    return response


def _policy(request: HttpRequest) -> str:
    stream = stream_origin(request)
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        # Its widgets write styles into the page.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": f"'self' {stream}" if stream else "'self'",
        "worker-src": "'self'",
        "frame-src": "'self'",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in directives.items())
