"""A site below a path of its proxy's, such as `https://example.com/inventory/`."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import set_script_prefix

from inventory.origins import PREFIX
from inventory.throttle import comes_from_proxy

_PREFIX = re.compile(PREFIX, re.ASCII)


class PrefixMiddleware:
    """Makes every URL, and the path of every cookie, begin with the prefix.

    The proxy may leave the prefix in the path or take it away: both arrive at the same page, and so does who asks the
    server itself, for its health.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, as one below the prefix."""
        prefix = _prefix(request)
        if not prefix:
            return self.get_response(request)
        path = request.path_info
        if path == prefix or path.startswith(f"{prefix}/"):
            path = path[len(prefix) :] or "/"
        request.path_info = request.META["PATH_INFO"] = path
        request.path = prefix + path
        request.META["SCRIPT_NAME"] = prefix
        set_script_prefix(f"{prefix}/")
        try:
            response = self.get_response(request)
        finally:
            set_script_prefix("/")
        for cookie in response.cookies.values():
            if cookie["path"] == "/":
                # Another site of this host has cookies of the same names.
                cookie["path"] = f"{prefix}/"
        return response


def _prefix(request: HttpRequest) -> str:
    prefix: str = settings.SCRIPT_NAME
    if settings.USE_X_FORWARDED_PREFIX and comes_from_proxy(request):
        told = request.headers.get("X-Forwarded-Prefix", "").rstrip("/")
        prefix = told if _PREFIX.fullmatch(told) else prefix
    return prefix
