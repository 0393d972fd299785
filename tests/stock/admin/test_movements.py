"""The ledger in the admin."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from parts.services import delete_part
from stock import services
from stock.models import Movement
from tests.factories import PartFactory, put
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db

LIST = "/admin/stock/movement/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def found(client: Client, query: str) -> list[int]:
    return [movement.pk for movement in client.get(f"{LIST}?{query}").context["cl"].result_list]


class TestList:
    def test_finds_by_key_place_person_and_cause(self, chief: Client, superuser: User) -> None:
        part = PartFactory.create(key="ABCD")
        first = put(part, "7-3", 9, by=superuser, note="spring order")
        moved = services.move(part=part, from_box_no=7, from_loc_no=3, to_box_no=7, to_loc_no=1, quantity=1)
        other = put(PartFactory.create(key="WXYZ"), "8-1", 1)
        assert found(chief, "q=abcd") == [moved.pk, first.pk]
        assert found(chief, "q=7-1") == [moved.pk]
        assert found(chief, "q=chief") == [first.pk]
        assert found(chief, "q=spring+7-3") == [first.pk]
        assert found(chief, "kind__exact=move") == [moved.pk]
        assert found(chief, "person=Local+user") == [other.pk, moved.pk]
        services.reverse(other.pk)
        assert found(chief, "reversed=yes") == [other.pk]
        assert len(found(chief, "reversed=no")) == 3

    def test_keeps_the_key_of_a_part_that_is_gone(self, chief: Client) -> None:
        part = PartFactory.create(key="ABCD")
        services.reverse(put(part, "7-3", 9).pk)
        delete_part(part)
        assert "ABCD (deleted)" in text(chief.get(LIST))

    def test_takes_as_many_queries_for_fifty_as_for_one(self, chief: Client) -> None:
        part = PartFactory.create()
        put(part, "7-3", 9)
        chief.get(LIST)
        one = queries_of(lambda: chief.get(LIST))
        for _ in range(49):
            put(part, "7-3", 9)
        assert queries_of(lambda: chief.get(LIST)) == one

    def test_lets_nobody_add_change_or_delete(self, chief: Client) -> None:
        movement = put(PartFactory.create(), "7-3", 9)
        assert chief.get(f"{LIST}add/").status_code == 403
        assert chief.post(f"{LIST}{movement.pk}/change/", {"quantity": 1}).status_code == 403
        assert chief.post(f"{LIST}{movement.pk}/delete/", {"post": "yes"}).status_code == 403


class TestReverse:
    def test_asks_for_a_note_and_takes_back_the_newest_first(self, chief: Client, superuser: User) -> None:
        part = PartFactory.create()
        put(part, "7-3", 9)
        moved = services.move(part=part, from_box_no=7, from_loc_no=3, to_box_no=7, to_loc_no=1, quantity=9)
        body = {"action": "reverse_selected", "_selected_action": list(Movement.objects.values_list("pk", flat=True))}
        assert "Why" in text(chief.post(LIST, body))
        assert Movement.objects.count() == 2
        chief.post(LIST, {**body, "confirmed": "yes", "note": "miscounted"})
        assert services.totals([part.pk]) == {part.pk: 0}
        reversal = Movement.objects.get(reverses=moved)
        assert (reversal.user, reversal.note) == (superuser, "miscounted")

    def test_of_one_has_a_page_of_its_own(self, chief: Client) -> None:
        movement = put(PartFactory.create(), "7-3", 9)
        assert f"{LIST}{movement.pk}/reverse/" in text(chief.get(f"{LIST}{movement.pk}/change/"))
        chief.post(f"{LIST}{movement.pk}/reverse/", {"note": "x"})
        answer = chief.post(f"{LIST}{movement.pk}/reverse/", {"note": "x"}, follow=True)
        assert "This was taken back already, by movement" in text(answer)
        assert "reverse/" not in text(chief.get(f"{LIST}{movement.pk}/change/"))

    def test_needs_its_own_permission(self, staff: Callable[..., Client]) -> None:
        movement = put(PartFactory.create(), "7-3", 9)
        client = staff("stock.view_movement", "stock.add_movement")
        body = {"action": "reverse_selected", "_selected_action": [movement.pk], "confirmed": "yes"}
        client.post(LIST, body)
        assert client.post(f"{LIST}{movement.pk}/reverse/").status_code == 403
        assert Movement.objects.count() == 1
