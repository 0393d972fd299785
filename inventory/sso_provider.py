"""The provider of the single sign-on, as Authlib talks to it: authorization code, PKCE, signed ID tokens.

Imported when somebody logs in that way, and not before: most sites have none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from joserfc.errors import JoseError

from inventory.errors import ProviderError
from inventory.sso_accounts import ForeignAnswerError

_SECONDS = 10


def redirect(request: HttpRequest, callback: str) -> HttpResponse:
    """302 to the provider, which sends people back to the callback. Raises ProviderError."""
    with _errors():
        response: HttpResponse = _provider().authorize_redirect(request, callback)
    return response


def claims(request: HttpRequest) -> dict[str, Any]:
    """What the provider says of the person who has come back. Raises ProviderError, ForeignAnswerError."""
    with _errors():
        provider = _provider()
        token = provider.authorize_access_token(request)
        found: dict[str, Any] = dict(token["userinfo"])
        if str(found["iss"]).rstrip("/") != settings.OIDC_ISSUER.rstrip("/"):
            raise ValueError("another issuer")
        # Some tell the groups there only.
        if "userinfo_endpoint" in provider.load_server_metadata():
            further = dict(provider.userinfo(token=token))
            if further.get("sub") != found["sub"]:
                raise ValueError("another subject")
            found = {**further, **found}
    return found


def _provider() -> Any:
    return _registered(
        settings.OIDC_ISSUER.rstrip("/"), settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET, settings.OIDC_SCOPES
    )


@lru_cache(maxsize=1)
def _registered(issuer: str, client_id: str, secret: str, scopes: str) -> Any:
    """The client, which reads the provider's description when it is needed first."""
    return OAuth().register(
        "provider",
        client_id=client_id,
        client_secret=secret,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": scopes, "code_challenge_method": "S256", "default_timeout": _SECONDS},
    )


@contextmanager
def _errors() -> Iterator[None]:
    """Vendor errors end here."""
    try:
        yield
    except OAuthError as error:
        raise ForeignAnswerError from error
    except (JoseError, requests.RequestException, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise ProviderError from error
