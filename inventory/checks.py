"""System checks of the project: combinations of settings that are unsafe, said at every start."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

# What Django asks of its own key, and 128 random bits in hexadecimal.
_SECRET_KEY_LENGTH = 50
_TOKEN_LENGTH = 32


@checks.register(checks.Tags.security, deploy=True)
def check_secrets(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """A short secret is found by trying."""
    found: list[checks.CheckMessage] = []
    if len(settings.SECRET_KEY) < _SECRET_KEY_LENGTH:
        found.append(_too_short("DJANGO_SECRET_KEY", _SECRET_KEY_LENGTH, "inventory.E001"))
    if settings.METRICS_TOKEN and len(settings.METRICS_TOKEN) < _TOKEN_LENGTH:
        found.append(_too_short("METRICS_TOKEN", _TOKEN_LENGTH, "inventory.E002"))
    if any(len(key) < _TOKEN_LENGTH for key in settings.CAS_URL_KEYS):
        found.append(_too_short("Each of CAS_URL_KEYS", _TOKEN_LENGTH, "inventory.E003"))
    return found


def _too_short(name: str, length: int, number: str) -> checks.CheckMessage:
    return checks.Error(
        f"{name} must have at least {length} characters.",
        hint='python3 -c "import secrets; print(secrets.token_urlsafe(64))" makes one.',
        id=number,
    )


@checks.register(checks.Tags.security)
def check_hosts(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Pages are told from pages of others by the name of the host, so not every name may be ours."""
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        checks.Error(
            "DJANGO_ALLOWED_HOSTS holds *: whoever points a name of their own at this server has pages on it.",
            hint="List the names and addresses that people use for it.",
            id="inventory.E001",
        )
    ]


@checks.register(checks.Tags.security)
def check_frontend(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """A folder that holds no build shows nothing."""
    folder = settings.FRONTEND_DIR
    if folder is None or (folder / "index.html").is_file():
        return []
    return [
        checks.Warning(
            f"FRONTEND_DIR has no index.html: {folder} is no built frontend.",
            hint="It is the folder that the frontend's build makes, mostly called dist.",
            id="inventory.W002",
        )
    ]


@checks.register(checks.Tags.security)
def check_open_api(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Whoever reaches an open API may change and delete everything."""
    if not settings.INVENTORY_OPEN_API:
        return []
    return [
        checks.Warning(
            "INVENTORY_OPEN_API is on: whoever reaches this server may read, change and delete everything.",
            hint="It is for one person on a trusted network. Unset it to ask for a login.",
            id="inventory.W001",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def check_provider(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """The keys that prove who somebody is come from the provider; on the way over HTTP they can be exchanged."""
    if not settings.OIDC_ISSUER.startswith("http://"):
        return []
    return [
        checks.Warning(
            "OIDC_ISSUER begins with http://: whoever is between this server and the provider can log in as anybody.",
            hint="Use the provider's https:// address.",
            id="inventory.W003",
        )
    ]
