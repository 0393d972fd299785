"""Whether the process lives, and whether it can work."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, ProgrammingError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from cas.audit import reports
from tests.plugins.faults import Faults


class TestLive:
    def test_answers_without_database_and_login(self) -> None:
        answer = Client().get("/health/live")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
class TestReady:
    def test_all_is_well(self) -> None:
        answer = Client().get("/health/ready")
        assert answer.status_code == 200
        assert answer.json() == {
            "status": "ok",
            "database": "ok",
            "storage": "ok",
            "migrations": "ok",
            "binding": "ok",
            "writes": "ok",
            "check": "never",
        }
        assert answer["Cache-Control"] == "no-store"

    def test_names_a_store_that_does_not_answer(self, faults: Faults) -> None:
        faults.fail("stat")
        answer = Client().get("/health/ready")
        assert answer.status_code == 503
        assert answer.json() == {
            "status": "unavailable",
            "database": "ok",
            "storage": "unavailable",
            "migrations": "ok",
            "check": "never",
        }

    def test_names_a_database_that_does_not_answer(self) -> None:
        def fail(execute: Callable[..., Any], *arguments: Any) -> Any:
            raise OperationalError("the password is secret")

        with connection.execute_wrapper(fail):
            answer = Client().get("/health/ready")
        assert answer.status_code == 503
        assert answer.json() == {"status": "unavailable", "database": "unavailable", "storage": "ok"}
        assert "secret" not in answer.content.decode()

    def test_changes_nothing_in_the_store(self, faults: Faults, stored: Callable[[], list[str]]) -> None:
        Client().get("/health/ready")
        assert [call.operation for call in faults.calls] == ["stat"]
        assert stored() == []


@pytest.mark.django_db
class TestNewCodeBeforeItsMigrations:
    """What `migrate` has not done yet is no state to serve in, though the database answers."""

    @pytest.fixture(autouse=True)
    def unmigrated(self) -> None:
        MigrationRecorder(connection).record_unapplied("kits", "0004_require_kit_attachment_set")

    def test_is_not_ready(self) -> None:
        answer = Client().get("/health/ready")
        assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
        assert (answer.json()["database"], answer.json()["migrations"]) == ("ok", "missing")

    @pytest.mark.parametrize("path", ["/admin/login/", "/api/attachment-sets/1"])
    def test_says_so_where_a_table_is_missing(self, path: str) -> None:
        def fail(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
            if "auth" in sql:
                raise ProgrammingError("no such column")
            return execute(sql, *arguments)

        client = Client(raise_request_exception=False)
        client.force_login(User.objects.create_user("guest"))
        with connection.execute_wrapper(fail):
            answer = client.get(path)
        assert answer.status_code == 503
        assert answer["Retry-After"] == "30"
        assert "The database is not upgraded to this version yet" in answer.content.decode()

    def test_a_newer_version_beside_this_one_does_not_matter(self) -> None:
        MigrationRecorder(connection).record_applied("kits", "0004_require_kit_attachment_set")
        MigrationRecorder(connection).record_applied("kits", "9999_of_the_next_version")
        assert Client().get("/health/ready").status_code == 200


@pytest.mark.django_db
class TestLastCheck:
    """What `cas_check` found last. It must not take the site down: a load balancer would remove every server."""

    @pytest.mark.parametrize(
        ("summary", "state"),
        [
            ({"critical": 0, "warnings": 0}, "ok"),
            ({"critical": 0, "warnings": 2}, "warnings"),
            ({"critical": 1, "warnings": 2}, "critical"),
        ],
    )
    def test_is_told_with_a_200(self, summary: dict[str, int], state: str) -> None:
        reports.keep(reports.CHECK, summary)
        answer = Client().get("/health/ready")
        assert answer.status_code == 200
        assert (answer.json()["status"], answer.json()["check"]) == ("ok", state)
        moment = datetime.fromisoformat(answer.json()["checked_at"])
        assert datetime.now(UTC) - moment < timedelta(minutes=10)

    def test_names_no_file(self) -> None:
        reports.keep(reports.CHECK, {"critical": 1}, [{"subject": "0" * 64, "hurts": ["My secret plan"]}])
        assert set(Client().get("/health/ready").json()) == {
            *("status", "database", "storage", "migrations", "binding", "writes", "check", "checked_at")
        }

    def test_is_unknown_while_its_table_is_missing(self) -> None:
        def fail(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
            if "commandreport" in sql:
                raise OperationalError("no such table")
            return execute(sql, *arguments)

        with connection.execute_wrapper(fail):
            answer = Client().get("/health/ready")
        assert (answer.status_code, answer.json()["check"]) == (200, "unknown")
