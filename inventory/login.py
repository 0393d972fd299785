"""The frontend's way to the login page and out: it sends the browser to these routes, as navigations."""

from django.conf import settings
from django.contrib.auth import logout as end_session
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from core.errors import NotAllowedError
from inventory.errors import answer_errors


class ForeignLogoutError(NotAllowedError):
    """A link of another site leads to the logout."""

    code = "cross_site_request"

    def __init__(self) -> None:
        super().__init__("Pages of other sites may not log anybody out.")


@csrf_exempt
@never_cache
@answer_errors
def login(request: HttpRequest) -> HttpResponse:
    """302 to the login page, and from there to `redirect`; at once, for those who need no login or have one."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    target = own_path(request, request.GET.get("redirect", ""))
    # A token that a proxy adds counts before the session: when it is refused, going back would be a circle.
    logged_in = request.user.is_authenticated and "Authorization" not in request.headers
    if settings.INVENTORY_OPEN_API or logged_in:
        return HttpResponseRedirect(target)
    return HttpResponseRedirect(f"{reverse('admin:login')}?{urlencode({'next': target})}")


@csrf_exempt
@never_cache
@answer_errors
def logout(request: HttpRequest) -> HttpResponse:
    """End the session; 302 to the start. A GET, since the frontend navigates here. Raises ForeignLogoutError."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise ForeignLogoutError
    if request.method == "GET":
        end_session(request)
    return HttpResponseRedirect(reverse("start"))


def own_path(request: HttpRequest, target: str) -> str:
    """The target if it is a path, with or without a query, of this very site; else the start."""
    is_path = target.startswith("/") and "\\" not in target and target.isprintable()
    # Without any allowed host: what the browser would take for another host ("//evil.example") is none of ours.
    return target if is_path and url_has_allowed_host_and_scheme(target, allowed_hosts=None) else reverse("start")
