"""Guessing passwords: django-axes counts the failures, this says who failed and what the guesser is told."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from inventory.errors import ErrorResponse

# How many bits of an address tell clients apart, by the version of IP.
_PREFIX = {4: 32, 6: 64}


def client_ip(request: HttpRequest) -> str | None:
    """The IP that failures are counted for: the connection's or, behind trusted proxies, the one they report.

    Of an IPv6 address the first half counts: whoever has one has all addresses of its /64.

    Each proxy appends the IP it sees, so the last one that is no proxy of ours is the client's. What stands before
    it may be made up. None when the server listens on a socket file and no proxy says more.
    """
    reported = request.headers.get("X-Forwarded-For", "").split(",")
    hops = [*reported, request.META.get("REMOTE_ADDR", "")]
    nearest = None
    for hop in reversed(hops):
        ip = _parsed(hop)
        if ip is None:
            break
        nearest = ip
        if not _is_proxy(ip):
            break
    return None if nearest is None else str(ip_network((nearest, _PREFIX[nearest.version]), strict=False)[0])


def comes_from_proxy(request: HttpRequest) -> bool:
    """Whether a trusted proxy has sent it, over the network or over a socket file, so that its headers count."""
    ip = _parsed(request.META.get("REMOTE_ADDR", ""))
    return ip is None or _is_proxy(ip)


def _is_proxy(ip: IPv4Address | IPv6Address) -> bool:
    return any(ip in network for network in settings.TRUSTED_PROXIES)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        ip = ip_address(text.strip())
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: Any) -> HttpResponse:
    """`AXES_LOCKOUT_CALLABLE`: a page with 429."""
    minutes = settings.LOGIN_LOCKOUT_MINUTES
    unit = "minute" if minutes == 1 else "minutes"
    told = ErrorResponse(429, "too_many_logins", f"Too many failed logins; try again in {minutes} {unit}.")
    page = render(request, "error.html", {"told": told}, status=told.status)
    page["Retry-After"] = str(minutes * 60)
    page["Cache-Control"] = "no-store"
    return page
