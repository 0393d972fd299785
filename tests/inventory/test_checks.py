"""System checks of the project."""

from django.core.checks import run_checks
from pytest_django import Settings


class TestOpenApi:
    def test_is_said_at_every_start(self, settings: Settings) -> None:
        settings.INVENTORY_OPEN_API = True
        assert "inventory.W001" in [message.id for message in run_checks()]

    def test_is_off(self) -> None:
        assert run_checks() == []
