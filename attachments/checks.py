"""System checks: networks that no link should lead into."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

from django.apps import AppConfig
from django.core import checks

from attachments.fetching.networks import is_allowed_ip

_METADATA = ("169.254.169.254", "fd00:ec2::254")


@checks.register(checks.Tags.security)
def check_allowed_hosts(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Clouds hand out credentials of the machine at these addresses, to whoever asks from it."""
    opened = [ip for ip in _METADATA if is_allowed_ip(ip_address(ip))]
    return [
        checks.Warning(
            f"FETCH_ALLOWED_HOSTS opens {ip}, where clouds hand out the machine's credentials.",
            hint="Name the hosts or the smaller networks that links may really lead to.",
            id="attachments.W001",
        )
        for ip in opened
    ]
