"""What happens around every request."""

import socket
import time
from collections.abc import Callable
from datetime import UTC
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError
from django.utils import timezone
from django_structlog.middlewares import RequestMiddleware

from core.errors import NotAllowedError
from inventory.errors import LengthRequiredError, answer

_DRAIN_BYTES = 8_000_000
_DRAIN_SECONDS = 2.0
_DRAIN_CHUNK = 64 * 1024
_SAFE = {"GET", "HEAD", "OPTIONS", "TRACE"}


class RequestLogMiddleware(RequestMiddleware):
    """A log line for the beginning and the end of every request, bound together by its id."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Without the query: it holds the signatures of content addresses."""
        return f"{request.method} {request.path}"

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        """Write the line, and leave a file to the web server, which may send it without a detour (sendfile)."""
        file = getattr(response, "file_to_stream", None)
        super().handle_response(request, response)
        if file is not None:
            # It was wrapped in a generator, only to log when the sending begins and ends.
            response.file_to_stream = file  # type: ignore[attr-defined]


class DrainMiddleware:
    """Reads a little of the body that a refusal has left unread, whatever refused it.

    Clients that only send, and proxies, would see a broken connection instead of the sentence.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer; that of a refusal after the reading."""
        response = self.get_response(request)
        if response.status_code >= HTTPStatus.BAD_REQUEST and request.META.get("CONTENT_LENGTH"):
            _drain(request)
        return response


def _drain(request: HttpRequest) -> None:
    """Read, and forget it. A client that stops sending is not waited for."""
    deadline = time.monotonic() + _DRAIN_SECONDS
    left = _DRAIN_BYTES
    # Only the server itself can stop waiting for bytes.
    connection: socket.socket | None = request.META.get("gunicorn.socket")
    patience = connection.gettimeout() if connection else None
    try:
        while left > 0 and (seconds := deadline - time.monotonic()) > 0:
            if connection:
                connection.settimeout(seconds)
            chunk = request.read(min(_DRAIN_CHUNK, left))
            if not chunk:
                break
            left -= len(chunk)
    except (TimeoutError, UnreadablePostError, ValueError):
        # ValueError: Django closes a stream that broke.
        return
    finally:
        if connection:
            connection.settimeout(patience)


class LengthRequiredMiddleware:
    """Refuses a body in chunks, or it would be dropped and the request answered as if there were none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 411 for a body in chunks."""
        if "Transfer-Encoding" in request.headers and "Content-Length" not in request.headers:
            return answer(LengthRequiredError())
        return self.get_response(request)


class CrossSiteWriteError(NotAllowedError):
    """A page of another site made the browser send this."""

    code = "cross_site_request"

    def __init__(self) -> None:
        super().__init__("Pages of other sites may not change anything here.")


class CrossSiteWriteMiddleware:
    """Refuses a browser's cross-site writes in every mode, an open API without CSRF tokens included.

    Browsers set Sec-Fetch-Site and Origin themselves; no page can forge them. Programs send neither.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer 403 for a cross-site write."""
        if request.method not in _SAFE and request.path_info.startswith("/api/") and _is_cross_site(request):
            return answer(CrossSiteWriteError())
        return self.get_response(request)


def _is_cross_site(request: HttpRequest) -> bool:
    if request.headers.get("Sec-Fetch-Site") in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return request.headers.get("Sec-Fetch-Site") is not None
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        return True
    return host != request.get_host() and origin not in settings.CSRF_TRUSTED_ORIGINS


class ApiMiddleware:
    """What holds for whatever is under /api/: UTC, nothing kept by others unless it says so, and errors as JSON.

    (The errors of REST framework's views are made by `exception_handler`.)
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        if not request.path_info.startswith("/api/"):
            return self.get_response(request)
        with timezone.override(UTC):
            response = self.get_response(request)
        # Of what nginx sends in its place it says itself how long it is kept.
        if request.method in {"GET", "HEAD"} and "X-Accel-Redirect" not in response:
            response.setdefault("Cache-Control", "private, no-cache")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """The answer under /api/; elsewhere Django's own pages."""
        return answer(exception) if request.path_info.startswith("/api/") else None
