"""Boxes and places in the admin."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from stock import services
from stock.models import Box, Location, Movement, Stock
from tests.factories import AttachmentFactory, BoxFactory, PartFactory, put
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db

LIST = "/admin/stock/box/"


def page(box: Box) -> str:
    return f"{LIST}{box.pk}/change/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


class TestList:
    def test_says_how_full_boxes_are(self, chief: Client) -> None:
        put(PartFactory.create(key="ABCD"), "7-1", 1200)
        BoxFactory.create(number=8, description="Spare", capacity=1)
        put(PartFactory.create(), "9-1", 1)
        services.change_box(9, description="One place", capacity=1)
        assert "1 of 6" in text(chief.get(LIST))
        assert "1,200" in text(chief.get(LIST))

        def found(query: str) -> set[int]:
            return {box.number for box in chief.get(f"{LIST}?{query}").context["cl"].result_list}

        assert found("room=full") == {9}
        assert found("room=empty") == {8}
        assert found("room=room") == {7, 8}
        assert found("q=abcd") == {7}
        assert found("q=spare") == {8}
        assert found("q=9") == {9}

    def test_deletes_only_what_is_empty(self, chief: Client) -> None:
        put(PartFactory.create(key="ABCD"), "7-1", 1)
        empty = BoxFactory.create(number=8)
        body = {"action": "delete_selected", "_selected_action": [box.pk for box in Box.objects.all()], "post": "yes"}
        assert "1 piece in 7-1 (ABCD)" in text(chief.post(LIST, body))
        assert Box.objects.count() == 2
        chief.post(LIST, body | {"_selected_action": [empty.pk]})
        assert list(Box.objects.values_list("number", flat=True)) == [7]


class TestPage:
    def test_shows_each_place_with_what_lies_there(self, chief: Client) -> None:
        part = PartFactory.create(key="ABCD", manufacturer_code="NE555P")
        image = AttachmentFactory.create(image=True, owner=part)
        put(part, "7-2", 17)
        shown = text(chief.get(page(Box.objects.get())))
        assert shown.count("drawer-empty") == 5
        assert "NE555P" in shown
        assert f"/api/cas/{image.blob_id}?thumbnail=150" in shown
        assert "/admin/stock/box/7/place/2/" in shown

    def test_of_a_thousand_places_takes_as_many_queries_as_one(self, chief: Client) -> None:
        put(PartFactory.create(), "1-1", 1)
        small = Box.objects.get()
        chief.get(page(small))
        few = queries_of(lambda: chief.get(page(small)))
        BoxFactory.create(number=2, capacity=1000)
        for loc_no in range(1, 1000, 50):
            put(PartFactory.create(), f"2-{loc_no}", 1)
        assert queries_of(lambda: chief.get(page(Box.objects.get(number=2)))) == few + 1

    def test_makes_and_changes_boxes_through_the_services(self, chief: Client) -> None:
        chief.post(f"{LIST}add/", {"number": "", "description": "Resistors", "capacity": 3})
        box = Box.objects.get()
        assert (box.number, Location.objects.count()) == (1, 3)
        chief.post(page(box), {"number": 9, "description": "Diodes", "capacity": 5})
        box.refresh_from_db()
        assert (box.number, box.description, Location.objects.count()) == (9, "Diodes", 5)

    def test_says_what_a_service_refuses_and_keeps_what_was_typed(self, chief: Client) -> None:
        put(PartFactory.create(key="ABCD"), "7-3", 1)
        box = Box.objects.get()
        answer = chief.post(page(box), {"number": 8, "description": "Typed", "capacity": 2})
        assert answer.status_code == 200
        assert "Cannot shrink box 8 to 2 places: 8-3 holds ABCD." in text(answer)
        assert 'value="Typed"' in text(answer)
        box.refresh_from_db()
        assert (box.number, box.capacity, box.description) == (7, 6, "Small parts")

    def test_of_a_box_with_stock_has_no_way_to_delete_it(self, chief: Client) -> None:
        put(PartFactory.create(key="ABCD"), "7-3", 17)
        box = Box.objects.get()
        assert "17 pieces in 7-3 (ABCD)" in text(chief.get(f"{LIST}{box.pk}/delete/"))
        chief.post(f"{LIST}{box.pk}/delete/", {"post": "yes"})
        assert Box.objects.exists()


class TestPlace:
    def test_takes_a_part_by_its_key_or_by_words_that_only_it_has(self, chief: Client) -> None:
        BoxFactory.create(number=7)
        PartFactory.create(key="ABCD", description="Timer, precise")
        PartFactory.create(description="Timer, cheap")
        where = {"action": "add", "place": "7-3"}
        for words, quantity in (("abcd", 5), ("precise timer", 2)):
            answer = chief.post("/admin/stock/box/7/place/3/", {**where, "words": words, "quantity": quantity})
            assert answer.status_code == 302
        assert str(Stock.objects.get()) == "7 pieces in 7-3"
        assert Movement.objects.latest("pk").user_name == "chief"
        assert "Put 2 pieces of ABCD into 7-3; 7 pieces there now." in text(chief.get("/admin/stock/box/7/place/3/"))

    def test_offers_a_choice_when_words_fit_several(self, chief: Client) -> None:
        BoxFactory.create(number=7)
        first, second = (PartFactory.create(description="Timer") for _ in range(2))
        body = {"action": "add", "place": "7-3", "words": "timer", "quantity": "4"}
        answer = chief.post("/admin/stock/box/7/place/3/", body)
        assert answer.status_code == 200
        assert {part.key for part in answer.context["offered"]} == {first.key, second.key}
        assert 'value="4"' in text(answer)
        chief.post("/admin/stock/box/7/place/3/", {**body, "part": second.key})
        assert Stock.objects.get().part == second
        assert "No part has these words." in text(chief.post("/admin/stock/box/7/place/3/", {**body, "words": "xyz"}))

    def test_takes_out_and_moves(self, chief: Client) -> None:
        part = PartFactory.create(key="ABCD")
        put(part, "7-3", 10)
        where = {"part": "ABCD", "place": "7-3"}
        chief.post("/admin/stock/box/7/place/3/", {**where, "action": "remove", "quantity": 2})
        chief.post("/admin/stock/box/7/place/3/", {**where, "action": "move", "quantity": 3, "to": "7 - 1"})
        assert sorted(str(row) for row in part.stock.all()) == ["3 pieces in 7-1", "5 pieces in 7-3"]

    @pytest.mark.parametrize(
        ("typed", "says"),
        [
            ({"action": "remove", "quantity": 11}, "There are 10 pieces of ABCD in 7-3, not 11."),
            ({"action": "remove", "quantity": 0}, "Quantity: Ensure this value is greater than or equal to 1."),
            ({"action": "move", "quantity": 1, "to": "nowhere"}, "Write a place like 7-3"),
            ({"action": "move", "quantity": 1, "to": ""}, "Say where to move it."),
            ({"action": "move", "quantity": 1, "to": "7-31"}, "There is no place 7-31: box 7 has 6."),
            ({"action": "move", "quantity": 1, "to": "7-3"}, "The pieces are in 7-3 already."),
            ({"action": "add", "quantity": "many"}, "Quantity: Enter a whole number."),
            ({"action": "steal", "quantity": 1}, "Action: Select a valid choice."),
        ],
    )
    def test_says_what_is_wrong(self, chief: Client, typed: dict[str, Any], says: str) -> None:
        put(PartFactory.create(key="ABCD"), "7-3", 10)
        answer = chief.post("/admin/stock/box/7/place/3/", {"part": "ABCD", "place": "7-3", **typed})
        assert says in text(answer)
        assert Movement.objects.count() == 1

    def test_needs_permissions(self, staff: Callable[..., Client]) -> None:
        put(PartFactory.create(key="ABCD"), "7-3", 10)
        client = staff("stock.view_box")
        assert "Put something in" not in text(client.get("/admin/stock/box/7/place/3/"))
        body = {"part": "ABCD", "place": "7-3", "action": "add", "quantity": 1}
        assert client.post("/admin/stock/box/7/place/3/", body).status_code == 403
        assert client.get("/admin/stock/box/7/place/77/").status_code == 404

    def test_is_closed_to_who_may_not_see_boxes(self, staff: Callable[..., Client]) -> None:
        BoxFactory.create(number=7)
        assert staff("parts.view_part").get("/admin/stock/box/7/place/3/").status_code == 403
