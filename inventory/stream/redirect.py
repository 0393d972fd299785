"""Where the stream is when no proxy hands `/api/sse/` to it: the way there from the web server's own port."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.views.decorators.csrf import csrf_exempt

from core.errors import RefusedInputError
from inventory.errors import answer_errors
from inventory.origins import host_name, origin


class StreamNeedsProxyError(RefusedInputError):
    """Over HTTPS no browser follows a redirect to the stream, which speaks plain HTTP."""

    code = "stream_needs_proxy"

    def __init__(self) -> None:
        super().__init__("Over HTTPS the proxy has to hand /api/sse/ to the event stream; docs/nginx.conf shows how.")


class _TemporaryRedirect(HttpResponseRedirect):
    status_code = 307


def stream_origin(request: HttpRequest) -> str | None:
    """Where the browser finds the stream: this host's STREAM_PORT. None over HTTPS: there it is the page's origin."""
    if request.is_secure():
        return None
    return origin("http", host_name(request.get_host()), settings.STREAM_PORT)


@csrf_exempt
@answer_errors
def stream(request: HttpRequest) -> HttpResponse:
    """`/api/sse/stream` of the web server, which holds no streams: 307 to the process that does.

    EventSource follows it, if the page may connect there (`connect-src`). Raises StreamNeedsProxyError, DisallowedHost.
    """
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    target = stream_origin(request)
    if target is None:
        raise StreamNeedsProxyError
    query = request.META.get("QUERY_STRING", "")
    response = _TemporaryRedirect(target + request.path_info + (f"?{query}" if query else ""))
    response["Cache-Control"] = "no-store"
    return response
