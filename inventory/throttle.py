"""Guessing passwords: django-axes counts the failures, this says who failed and what the guesser is told."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from inventory.errors import Answer


def client_address(request: HttpRequest) -> str | None:
    """The address that failures are counted for: the connection's or, behind trusted proxies, the one they report.

    Each proxy appends the address it sees, so the last one that is no proxy of ours is the client's. What stands before
    it may be made up. None when the server listens on a socket file and no proxy says more.
    """
    reported = request.headers.get("X-Forwarded-For", "").split(",")
    hops = [*reported, request.META.get("REMOTE_ADDR", "")]
    nearest = None
    for hop in reversed(hops):
        address = _parsed(hop)
        if address is None:
            break
        nearest = str(address)
        if not any(address in network for network in settings.TRUSTED_PROXIES):
            break
    return nearest


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: Any) -> HttpResponse:
    """`AXES_LOCKOUT_CALLABLE`: a page with 429."""
    minutes = settings.LOGIN_LOCKOUT_MINUTES
    unit = "minute" if minutes == 1 else "minutes"
    told = Answer(429, "too_many_logins", f"Too many failed logins; try again in {minutes} {unit}.")
    page = render(request, "error.html", {"told": told}, status=told.status)
    page["Retry-After"] = str(minutes * 60)
    page["Cache-Control"] = "no-store"
    return page
