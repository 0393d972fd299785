"""System checks: the database as the protocol needs it, and unsafe settings."""

import sys
from typing import Any

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.models import CASCADE, DO_NOTHING, SET_NULL, CharField
from django.db.utils import ConnectionHandler
from pytest_django import Settings

from attachments.models import Attachment
from cas import checks, references
from cas.models import DIGEST_LENGTH, Blob


class TestPlatform:
    def test_has_the_limits_that_strangers_files_need(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert checks.check_platform(None) == []
        monkeypatch.setattr(sys, "platform", "darwin")
        (error,) = checks.check_platform(None)
        assert error.id == "cas.E005"
        assert "only Linux has" in error.msg


class TestIsolation:
    def test_the_configured_database_is_right(self) -> None:
        assert checks.check_isolation(databases=["default"]) == []

    @pytest.mark.parametrize(
        ("engine", "options", "found"),
        [
            ("sqlite3", {"transaction_mode": "IMMEDIATE"}, []),
            ("sqlite3", {}, ["cas.E001"]),
            ("sqlite3", {"transaction_mode": "EXCLUSIVE"}, ["cas.E001"]),
            ("postgresql", {}, []),
            ("postgresql", {"isolation_level": 2}, []),
            ("postgresql", {"isolation_level": 3}, ["cas.E002"]),
            ("postgresql", {"isolation_level": 4}, ["cas.E002"]),
        ],
    )
    def test_finds_what_the_protocol_does_not_stand(
        self, monkeypatch: pytest.MonkeyPatch, engine: str, options: dict[str, Any], found: list[str]
    ) -> None:
        database = {"ENGINE": f"django.db.backends.{engine}", "NAME": "nobody connects to it", "OPTIONS": options}
        monkeypatch.setattr(checks, "connections", ConnectionHandler({"default": database}))
        assert [message.id for message in checks.check_isolation(databases=["default"])] == found

    @pytest.mark.django_db
    def test_stops_a_migration(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in (("transaction_mode", None), ("isolation_level", 4)):
            monkeypatch.setitem(connection.settings_dict["OPTIONS"], name, value)
        with pytest.raises(SystemCheckError, match=r"cas\.E00"):
            call_command("migrate", verbosity=0, skip_checks=False)

    def test_asks_no_database_unless_told_which(self) -> None:
        assert checks.check_isolation() == []


class TestReferences:
    """What decides whether a blob may go is the foreign key."""

    def test_are_right(self) -> None:
        assert references.relations() != []
        assert checks.check_references(None) == []

    @pytest.mark.parametrize("on_delete", [CASCADE, SET_NULL, DO_NOTHING])
    def test_may_not_cascade(self, monkeypatch: pytest.MonkeyPatch, on_delete: Any) -> None:
        monkeypatch.setattr(Attachment._meta.get_field("blob").remote_field, "on_delete", on_delete)
        assert [message.id for message in checks.check_references(None)] == ["cas.E004"]

    def test_have_a_constraint(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Attachment._meta.get_field("blob"), "db_constraint", False)
        found = [message for message in run_checks() if message.id == "cas.E004"]
        assert [message.msg for message in found] == [
            "attachments.Attachment.blob must be PROTECT, with a constraint in the database."
        ]

    def test_hidden_ones_count_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with_hidden = Blob._meta.get_fields(include_hidden=True)
        relations = references.relations()
        monkeypatch.setattr(relations[0], "hidden", True)
        assert relations[0] in with_hidden
        assert references.relations() == relations

    def test_are_never_a_digest_in_a_column(self) -> None:
        columns = {
            f"{model._meta.label}.{field.name}"
            for model in apps.get_models()
            if model._meta.app_label in {"cas", "attachments", "parts", "kits"}
            for field in model._meta.concrete_fields
            if isinstance(field, CharField) and field.max_length == DIGEST_LENGTH
        }
        assert columns == {"cas.Blob.digest", "cas.Purge.digest"}


class TestSignatures:
    def test_may_not_be_off_in_production(self, settings: Settings) -> None:
        settings.CAS_REQUIRE_SIGNATURE = False
        found = {message.id for message in run_checks(include_deployment_checks=True)}
        assert "cas.W001" in found

    def test_are_on(self) -> None:
        assert checks.check_signatures(None) == []
