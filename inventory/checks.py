"""System checks of the project: combinations of settings that are unsafe, said at every start."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks


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
