"""Whether the process lives, and whether it can work."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

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
        assert answer.json() == {"status": "ok", "database": "ok", "storage": "ok"}
        assert answer["Cache-Control"] == "no-store"

    def test_names_a_store_that_does_not_answer(self, faults: Faults) -> None:
        faults.fail("stat")
        answer = Client().get("/health/ready")
        assert answer.status_code == 503
        assert answer.json() == {"status": "unavailable", "database": "ok", "storage": "unavailable"}

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
