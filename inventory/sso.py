"""Login by OpenID Connect, beside local accounts: to the provider and back."""

import structlog
from django.conf import settings
from django.contrib.auth import login as begin_session
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from core.errors import InventoryError, cause_of
from inventory.errors import describe
from inventory.login import own_path
from inventory.sso_accounts import account

logger = structlog.get_logger(__name__)

_TARGET = "sso_target"
# Nobody needs longer to log in there, and the sessions of those who do not come back end.
_WAY_SECONDS = 900


@csrf_exempt
@never_cache
@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """302 to the provider. From there people come back to `callback`, and then to `redirect`."""
    _require()
    target = own_path(request, request.GET.get("redirect", ""))
    if request.user.is_authenticated:
        return HttpResponseRedirect(target)
    from inventory import sso_provider

    try:
        response = sso_provider.redirect(request, request.build_absolute_uri(reverse("sso-callback")))
    except InventoryError as error:
        return _refused(request, error)
    request.session[_TARGET] = target
    request.session.set_expiry(_WAY_SECONDS)
    return response


@csrf_exempt
@never_cache
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Where the provider sends people: begins the session of their account, and leads to where they wanted to go."""
    _require()
    from inventory import sso_provider

    try:
        user = account(sso_provider.claims(request))
    except InventoryError as error:
        return _refused(request, error)
    target = own_path(request, request.session.pop(_TARGET, ""))
    begin_session(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session.set_expiry(None)
    logger.info("single_sign_on", user_id=user.pk)
    return HttpResponseRedirect(target)


def _require() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404


def _refused(request: HttpRequest, error: InventoryError) -> HttpResponse:
    """A page: people navigate here."""
    logger.warning("single_sign_on_failed", reason=f"{error}{cause_of(error)}")
    told = describe(error)
    page = render(request, "error.html", {"told": told}, status=told.status)
    page["Cache-Control"] = "no-store"
    return page
