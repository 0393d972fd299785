"""Queries whose SQL is made once answer as their querysets do."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Count
from django.db.transaction import TransactionManagementError

from core.prepared import Parameter, PreparedBatch, PreparedQuery
from parts.models import Part
from tests.factories import PartFactory, PartTypeFactory
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db


def described(key: Parameter, type_id: Parameter) -> Any:
    parts = Part.objects.filter(key=key, type=type_id, description="A timer").annotate(n=Count("tags"))
    return parts.values("created_at", "n", "type__name", "pin_count")


class TestValues:
    def test_are_those_of_the_queryset_for_each_call(self) -> None:
        query: PreparedQuery[dict[str, Any]] = PreparedQuery(described)
        kinds = PartTypeFactory.create_batch(2)
        parts = [PartFactory.create(description="A timer", type=kind, pin_count=8) for kind in kinds]
        for part, kind in zip(parts, kinds, strict=True):
            expected = {"created_at": part.created_at, "n": 0, "type__name": kind.name, "pin_count": 8}
            assert query(part.key, kind.pk) == [expected]
        assert query(parts[0].key, kinds[1].pk) == []

    def test_take_one_statement(self) -> None:
        query: PreparedQuery[dict[str, Any]] = PreparedQuery(described)
        assert queries_of(lambda: query("AAAA", 1)) == 1
        assert queries_of(lambda: query("BBBB", 2)) == 1

    def test_go_on_after_the_connection_was_lost(self, transactional_db: None) -> None:
        query: PreparedQuery[User] = PreparedQuery(lambda name: User.objects.filter(username=name))
        User.objects.create_user("somebody")
        assert query("somebody")
        connection.close()
        assert query("somebody")


class TestModels:
    def test_are_whole(self) -> None:
        query: PreparedQuery[User] = PreparedQuery(lambda name: User.objects.filter(username=name))
        user = User.objects.create_user("somebody", is_staff=True, last_login=datetime(2026, 1, 2, tzinfo=UTC))
        [found] = query("somebody")
        assert found == user
        assert (found.is_staff, found.last_login, found._state.adding) == (True, user.last_login, False)
        found.first_name = "Some"
        found.save()
        user.refresh_from_db()
        assert user.first_name == "Some"


class TestLocks:
    def test_are_taken_in_a_transaction_only(self, transactional_db: None) -> None:
        query: PreparedQuery[User] = PreparedQuery(lambda name: User.objects.select_for_update().filter(username=name))
        user = User.objects.create_user("somebody")
        with transaction.atomic():
            assert query("somebody") == [user]
        # The SQL is kept, but outside of a transaction its FOR UPDATE would lock nothing.
        with pytest.raises(TransactionManagementError):
            query("somebody")


@pytest.mark.parametrize("value", [2**63 - 1, 2**63, -(2**80)])
def test_a_number_that_no_column_holds_is_nobodys(value: int) -> None:
    query: PreparedQuery[Part] = PreparedQuery(lambda pk: Part.objects.filter(pk=pk))
    assert query(value) == []


@pytest.mark.parametrize("value", ["' OR 1=1 --", "%s", "", "Ω"])
def test_a_text_is_a_value_and_no_sql(value: str) -> None:
    User.objects.create_user("somebody")
    query: PreparedQuery[User] = PreparedQuery(lambda name: User.objects.filter(username=name))
    assert query(value) == []


class TestManyNumbers:
    @pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 51, 1001])
    def test_find_the_rows_of_each_of_them_once(self, count: int) -> None:
        query: PreparedBatch[Any] = PreparedBatch(
            lambda *ids: User.objects.filter(pk__in=ids).order_by("pk").values("username")
        )
        users = User.objects.bulk_create(User(username=f"user {number:04}") for number in range(count + 2))
        wanted = [user.pk for user in users[1:-1]]
        assert query(wanted) == [{"username": user.username} for user in users[1:-1]]

    def test_take_one_statement_for_a_thousand(self) -> None:
        query: PreparedBatch[User] = PreparedBatch(lambda *ids: User.objects.filter(pk__in=ids))
        assert [queries_of(partial(query, range(count))) for count in (0, 1, 1000, 1001)] == [0, 1, 1, 2]
