"""What happens around every request."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django_structlog.middlewares import RequestMiddleware

from core.errors import NotAllowedError
from inventory.errors import LengthRequiredError, answer

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


class ApiErrorMiddleware:
    """Makes JSON of what plain views under /api/ raise. (REST framework's views use `exception_handler`.)"""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """The answer under /api/; elsewhere Django's own pages."""
        return answer(exception) if request.path_info.startswith("/api/") else None
