"""System checks of the project: combinations of settings that are unsafe, said at every start."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks


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
