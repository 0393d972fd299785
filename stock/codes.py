"""What the codes on labels lead to: the frontend where there is one, else the admin."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import get_script_prefix, reverse
from django.views.decorators.http import require_safe

from core.errors import CannotProcessError
from parts.models import Part
from stock.models import Box

_LOOPBACK = ("localhost", "127.", "[::1]", "0.0.0.0")  # noqa: S104  (a name in an address, nobody listens)


class PublicUrlNeededError(CannotProcessError):
    """A code with this server's own name would lead a phone nowhere."""

    code = "public_url_needed"

    def __init__(self) -> None:
        super().__init__(
            "Set PUBLIC_URL to the address of this server first: a code that leads to localhost leads a phone nowhere."
        )


def public_url(request: HttpRequest) -> str:
    """Where codes lead, without a slash at the end. Raises PublicUrlNeededError."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL).rstrip("/")
    if request.get_host().startswith(_LOOPBACK):
        raise PublicUrlNeededError
    return request.build_absolute_uri(get_script_prefix()).rstrip("/")


@require_safe
def part_code(request: HttpRequest, key: str) -> HttpResponse:
    """To the part."""
    return _to(request, f"/parts/{key}", lambda: ("admin:parts_part_change", get_object_or_404(Part, key=key).pk))


@require_safe
def box_code(request: HttpRequest, box_no: int) -> HttpResponse:
    """To the box."""
    return _to(
        request, f"/boxes/{box_no}", lambda: ("admin:stock_box_change", get_object_or_404(Box, number=box_no).pk)
    )


@require_safe
def place_code(request: HttpRequest, box_no: int, loc_no: int) -> HttpResponse:
    """To the place; the frontend shows it with its box."""
    return _to(request, f"/boxes/{box_no}", lambda: ("admin:stock_box_place", box_no, loc_no))


def _to(request: HttpRequest, path: str, of_admin: Any) -> HttpResponse:
    frontend = settings.FRONTEND_URL or ("/" if getattr(settings, "FRONTEND_DIR", None) else "")
    if frontend:
        return redirect(frontend.rstrip("/") + path)
    if not request.user.is_authenticated:
        # Who does not log in does not learn what there is.
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    return redirect(*of_admin())
