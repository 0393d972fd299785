"""Whether the process lives, and whether it can work."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
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
        assert answer.json() == {"status": "ok", "database": "ok", "storage": "ok", "check": "never"}
        assert answer["Cache-Control"] == "no-store"

    def test_names_a_store_that_does_not_answer(self, faults: Faults) -> None:
        faults.fail("stat")
        answer = Client().get("/health/ready")
        assert answer.status_code == 503
        assert answer.json() == {
            "status": "unavailable",
            "database": "ok",
            "storage": "unavailable",
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
        assert set(Client().get("/health/ready").json()) == {"status", "database", "storage", "check", "checked_at"}

    def test_is_unknown_while_its_table_is_missing(self) -> None:
        def fail(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
            if "commandreport" in sql:
                raise OperationalError("no such table")
            return execute(sql, *arguments)

        with connection.execute_wrapper(fail):
            answer = Client().get("/health/ready")
        assert (answer.status_code, answer.json()["check"]) == (200, "unknown")
