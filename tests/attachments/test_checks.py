"""System checks of what links may lead to."""

import pytest
from django.core.checks import run_checks
from pytest_django import Settings


class TestAllowedHosts:
    @pytest.mark.parametrize("network", ["0.0.0.0/0", "169.254.0.0/16", "169.254.169.254", "::/0", "fd00::/8"])
    def test_that_open_cloud_metadata_are_warned_of(self, settings: Settings, network: str) -> None:
        settings.FETCH_ALLOWED_HOSTS = ["wiki.lan", network]
        assert [message.id for message in run_checks()] == ["attachments.W001"]

    def test_of_ones_own_are_fine(self, settings: Settings) -> None:
        settings.FETCH_ALLOWED_HOSTS = ["wiki.lan", "192.168.1.0/24", "10.0.0.0/8", "fd12:3456::/32"]
        assert run_checks() == []
