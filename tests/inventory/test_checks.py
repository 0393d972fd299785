"""System checks of the project."""

from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django import Settings


class TestHosts:
    def test_any_name_is_refused(self, settings: Settings) -> None:
        settings.ALLOWED_HOSTS = ["*"]
        [found] = [message for message in run_checks() if message.id == "inventory.E001"]
        assert found.is_serious()

    @pytest.mark.parametrize("hosts", [["parts.lan"], [".example.com"]])
    def test_some_names_are_not(self, settings: Settings, hosts: list[str]) -> None:
        settings.ALLOWED_HOSTS = hosts
        assert run_checks() == []


class TestFrontend:
    def test_without_an_index_is_said(self, settings: Settings, tmp_path: Path) -> None:
        settings.FRONTEND_DIR = tmp_path
        assert [message.id for message in run_checks()] == ["inventory.W002"]
        (tmp_path / "index.html").touch()
        assert run_checks() == []


class TestOpenApi:
    def test_is_said_at_every_start(self, settings: Settings) -> None:
        settings.INVENTORY_OPEN_API = True
        assert "inventory.W001" in [message.id for message in run_checks()]

    def test_is_off(self) -> None:
        assert run_checks() == []


class TestProvider:
    @pytest.mark.parametrize(("issuer", "warned"), [("http://sso.lan", True), ("https://sso.lan", False), ("", False)])
    def test_over_plain_http_is_warned_of(self, settings: Settings, issuer: str, warned: bool) -> None:
        settings.OIDC_ISSUER = issuer
        found = [message.id for message in run_checks(include_deployment_checks=True)]
        assert ("inventory.W003" in found) == warned
