"""Who may do what through the API."""

from typing import TYPE_CHECKING, Any

import structlog
from django.contrib.auth.models import AnonymousUser
from rest_framework import authentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from typing_extensions import override

from core.errors import NotAllowedError

if TYPE_CHECKING:
    # REST framework imports this module while it imports its views.
    from rest_framework.views import APIView

_SAFE = {"GET", "HEAD", "OPTIONS"}


class StalePageError(NotAllowedError):
    """A write without a valid CSRF token."""

    def __init__(self) -> None:
        super().__init__("The page is too old, or the request came from another site; load it again.")


class TokenAuthentication(authentication.TokenAuthentication):
    """`Authorization: Token …`; binds the user to the log lines of the request."""

    @override
    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        return _bound(super().authenticate(request))


class SessionAuthentication(authentication.SessionAuthentication):
    """The login of the admin, with CSRF check; binds the user to the log lines of the request."""

    @override
    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        return _bound(super().authenticate(request))

    def enforce_csrf(self, request: Request) -> None:
        """Raise StalePageError without a valid token."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise StalePageError from error


def _bound(result: tuple[Any, Any] | None) -> tuple[Any, Any] | None:
    if result is not None:
        structlog.contextvars.bind_contextvars(user_id=result[0].pk)
    return result


class LocalUser(AnonymousUser):
    """The one person on a trusted network, when the API is open."""

    username = "local"  # type: ignore[assignment]

    @property
    @override
    def is_authenticated(self) -> bool:  # type: ignore[override]
        return True

    @property
    @override
    def is_anonymous(self) -> bool:  # type: ignore[override]
        return False

    @override
    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return True


class LocalUserAuthentication(authentication.BaseAuthentication):
    """For INVENTORY_OPEN_API: no login and no CSRF. Cross-site writes are refused by a middleware."""

    @override
    def authenticate(self, request: Request) -> tuple[LocalUser, None]:
        return LocalUser(), None


class MethodPermissions(BasePermission):
    """Reading needs a login; writing needs the permission that the view's `permissions` names for the method."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Whether the user may; a method without an entry does not exist in the view."""
        if not request.user or not request.user.is_authenticated:
            return False
        if request.method in _SAFE:
            return True
        needed: dict[str, str] = getattr(view, "permissions", {})
        # No entry: the view has no such method, and says 405 itself.
        return request.method not in needed or request.user.has_perm(needed[request.method])
