"""Who may do what through the API."""

from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from typing_extensions import override

from core.errors import NotAllowedError
from core.prepared import PreparedQuery

if TYPE_CHECKING:
    # REST framework imports this module while it imports its views.
    from rest_framework.views import APIView

_SAFE = {"GET", "HEAD", "OPTIONS"}


class StalePageError(NotAllowedError):
    """A write without a valid CSRF token."""

    def __init__(self) -> None:
        super().__init__("The page is too old, or the request came from another site; load it again.")


class AccountClosedError(NotAllowedError):
    """A session of somebody whose account was deactivated."""

    code = "account_closed"

    def __init__(self) -> None:
        super().__init__("This account is closed; ask whoever runs this server.")


_USER_OF_TOKEN: PreparedQuery[User] = PreparedQuery(lambda key: User.objects.filter(auth_token__key=key))


class TokenAuthentication(authentication.TokenAuthentication):
    """`Authorization: Token …`; binds the user to the log lines of the request."""

    @override
    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        return _bound(super().authenticate(request))

    @override
    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        """As the library does, without making the SQL for every request. Raises AuthenticationFailed."""
        user = _USER_OF_TOKEN.first(key)
        if user is None:
            raise AuthenticationFailed("Invalid token.")
        if not user.is_active:
            raise AuthenticationFailed("User inactive or deleted.")
        return user, self.get_model()(key=key, user=user)


class SessionAuthentication(authentication.SessionAuthentication):
    """The login of the admin, with CSRF check; binds the user to the log lines of the request."""

    @override
    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """The session's user, or None. Raises AccountClosedError, StalePageError."""
        result = super().authenticate(request)
        if result is None and _is_of_closed_account(request):
            # Not 401: the frontend would ask for a login that is refused.
            raise AccountClosedError
        return _bound(result)

    def enforce_csrf(self, request: Request) -> None:
        """Raise StalePageError without a valid token, unless the browser itself vouches for the page."""
        if _comes_from_own_page(request._request):
            return
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise StalePageError from error


def _comes_from_own_page(request: HttpRequest) -> bool:
    """Whether the browser says that a page of this very site sends this. No page can set or change either header.

    Browsers leave Sec-Fetch-Site out on plain HTTP, except on localhost; Origin they send with every write.
    """
    if "*" in settings.ALLOWED_HOSTS:
        # Any name is this site then, also one that somebody else points here.
        return False
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None:
        return site == "same-origin"
    own = f"{request.scheme}://{request.get_host()}"
    return origin is not None and (origin == own or origin in settings.CSRF_TRUSTED_ORIGINS)


def _is_of_closed_account(request: Request) -> bool:
    user_id = getattr(request._request, "session", {}).get(SESSION_KEY)
    return user_id is not None and User.objects.filter(pk=user_id, is_active=False).exists()


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
