"""Stock over HTTP: in, out, moved, its history, and what parts and lists of parts say of it."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from stock import services
from stock.limits import MAX_QUANTITY
from stock.models import Movement
from tests.conftest import ApiClient
from tests.factories import BoxFactory, PartFactory, PartTypeFactory, put
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db

STOCK = "/inventory/parts/ABCD/stock"
MOVE = "/inventory/parts/ABCD/move"


def delete(client: ApiClient, path: str, body: Any) -> Any:
    return client.delete(path, body, "application/json")


def error(answer: Any) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["details"]["code"], body["error"]


class TestStock:
    def test_is_added_and_the_answer_says_what_lies_there_now(self, api: ApiClient, superuser: User) -> None:
        PartFactory.create(key="ABCD")
        BoxFactory.create(number=7)
        for quantity, now in ((10, 10), (7, 17)):
            answer = api.post(STOCK, {"box_no": 7, "loc_no": 3, "qty": quantity})
            assert answer.status_code == 201
            assert answer.json() == {"key": "ABCD", "box_no": 7, "loc_no": 3, "qty": now}
        assert api.get("/parts/ABCD/locations").json() == [answer.json()]
        assert Movement.objects.latest("pk").user == superuser

    def test_is_removed_by_a_body(self, api: ApiClient) -> None:
        put(PartFactory.create(key="ABCD"), "7-3", 17)
        answer = delete(api, STOCK, {"box_no": 7, "loc_no": 3, "qty": 17})
        assert (answer.status_code, answer.content) == (204, b"")
        assert api.get("/parts/ABCD/locations").json() == []

    def test_is_moved(self, api: ApiClient) -> None:
        put(PartFactory.create(key="ABCD"), "7-3", 17)
        body = {"from_box_no": 7, "from_loc_no": 3, "to_box_no": 7, "to_loc_no": 1, "qty": 7}
        assert api.post(MOVE, body).status_code == 204
        assert [place["loc_no"] for place in api.get("/parts/ABCD/locations").json()] == [1, 3]
        assert error(api.post(MOVE, {**body, "to_loc_no": 3}))[:2] == (400, "same_place")

    def test_refusals_have_their_statuses_and_sentences(self, api: ApiClient) -> None:
        part = PartFactory.create(key="ABCD")
        put(part, "7-3", 3)
        put(part, "7-4", MAX_QUANTITY)
        place = {"box_no": 7, "loc_no": 3}
        says = "There are 3 pieces of ABCD in 7-3, not 5."
        assert error(delete(api, STOCK, {**place, "qty": 5})) == (409, "insufficient_stock", says)
        nowhere = api.post(STOCK, {"box_no": 7, "loc_no": 31, "qty": 1})
        says = "There is no place 7-31: box 7 has 6."
        assert error(nowhere) == (400, "no_such_location", says)
        assert nowhere.json()["details"]["fields"] == {"loc_no": [says]}
        assert error(delete(api, STOCK, {"box_no": 9, "loc_no": 1, "qty": 1}))[2] == "There is no box 9."
        full = api.post(STOCK, {"box_no": 7, "loc_no": 4, "qty": 1})
        assert error(full)[:2] == (409, "quantity_too_large")
        for path in ("/inventory/parts/ZZZZ/stock", "/inventory/parts/nope/stock"):
            assert error(api.post(path, {**place, "qty": 1}))[:2] == (404, "not_found")

    @pytest.mark.parametrize("quantity", [0, -3, MAX_QUANTITY + 1, 10**30, 1.5, "3", True, None])
    def test_of_nonsense_is_refused(self, api: ApiClient, quantity: Any) -> None:
        put(PartFactory.create(key="ABCD"), "7-3", 3)
        body = {"box_no": 7, "loc_no": 3, "qty": quantity}
        for answer in (api.post(STOCK, body), delete(api, STOCK, body), api.post(STOCK, {**body, "box_no": quantity})):
            assert error(answer)[:2] == (400, "invalid")
        assert Movement.objects.count() == 1


class TestLocationsOfAPart:
    def test_are_by_box_and_place(self, reader: ApiClient) -> None:
        part = PartFactory.create(key="ABCD")
        for place in ("10-1", "2-11", "2-5"):
            put(part, place, 1)
        places = [(row["box_no"], row["loc_no"]) for row in reader.get("/parts/ABCD/locations").json()]
        assert places == [(2, 5), (2, 11), (10, 1)]
        assert reader.get("/parts/ZZZZ/locations").status_code == 404


class TestHistory:
    def test_is_the_newest_first_with_who_and_why(self, reader: ApiClient, superuser: User) -> None:
        part = PartFactory.create(key="ABCD")
        first = put(part, "7-3", 10, by=superuser)
        services.move(part=part, from_box_no=7, from_loc_no=3, to_box_no=7, to_loc_no=1, quantity=4)
        services.reverse(Movement.objects.latest("pk").pk)
        cause = services.Cause("pick_list", 5, "pick list 5 of kit Lamp")
        services.remove(part=part, box_no=7, loc_no=3, quantity=2, kind="pick", cause=cause)
        rows = reader.get("/parts/ABCD/history").json()
        assert [(row["kind"], row["delta_qty"], row["location_reference"]) for row in rows] == [
            ("pick", -2, "7-3"),
            ("correct", 0, "7-1 → 7-3"),
            ("move", 0, "7-3 → 7-1"),
            ("add", 10, "7-3"),
        ]
        assert rows[3] == {
            "id": first.pk,
            "timestamp": f"{first.created_at:%Y-%m-%dT%H:%M:%S.%fZ}",
            "delta_qty": 10,
            "location_reference": "7-3",
            "kind": "add",
            "quantity": 10,
            "user": "chief",
            "source": "",
            "source_id": None,
            "source_text": "",
            "note": "",
            "reverses": None,
        }
        assert (rows[0]["source"], rows[0]["source_id"], rows[1]["reverses"]) == ("pick_list", 5, rows[2]["id"])
        assert [row["id"] for row in reader.get("/parts/ABCD/history?limit=1&offset=3").json()] == [first.pk]
        assert reader.get("/parts/ZZZZ/history").status_code == 404


class TestSuggestions:
    def test_are_an_array_of_at_most_three(self, reader: ApiClient) -> None:
        part_type = PartTypeFactory.create()
        path = f"/inventory/suggestions/{part_type.pk}"
        assert reader.get(path).json() == []
        BoxFactory.create(number=2)
        assert reader.get(path).json() == [{"box_no": 2, "loc_no": number} for number in (1, 2, 3)]
        assert reader.get("/inventory/suggestions/999999").status_code == 404


class TestColumnsOfParts:
    def test_are_totals_always_and_places_on_request(self, reader: ApiClient) -> None:
        part, bare = PartFactory.create(key="ABCD"), PartFactory.create()
        put(part, "7-3", 17)
        put(part, "2-1", 5)
        rows = reader.get("/parts").json()
        assert [(row["total_quantity"], row["locations"]) for row in rows] == [(22, None), (0, None)]
        rows = reader.get("/parts?include=locations").json()
        places = [{"box_no": 2, "loc_no": 1, "qty": 5}, {"box_no": 7, "loc_no": 3, "qty": 17}]
        assert [row["locations"] for row in rows] == [places, []]
        assert reader.get("/parts/ABCD").json()["total_quantity"] == 22
        assert reader.get(f"/parts/{bare.key}").json()["total_quantity"] == 0

    def test_take_as_many_queries_for_many_parts_as_for_one(self, api: ApiClient) -> None:
        def queries() -> int:
            return queries_of(lambda: api.get("/parts?include=locations,kits,shopping_lists,cover&limit=1000"))

        put(PartFactory.create(), "1-1", 1)
        one = queries()
        for part in PartFactory.create_batch(50):
            put(part, "1-2", 1)
            services.set_minimum(part, 3)
        assert queries() == one

    def test_change_the_version_of_the_part(self, api: ApiClient) -> None:
        part = PartFactory.create(key="ABCD")
        before = api.get("/parts/ABCD")["ETag"]
        put(part, "7-3", 1)
        assert api.get("/parts/ABCD")["ETag"] != before


class TestMinimum:
    def test_is_set_with_the_part_and_cleared_by_null(self, api: ApiClient) -> None:
        made = api.post("/parts", {"description": "Timer", "minimum_quantity": 20})
        assert (made.status_code, made.json()["minimum_quantity"]) == (201, 20)
        path = f"/parts/{made.json()['key']}"
        assert api.put(path, {"description": "Timers"}).json()["minimum_quantity"] == 20
        assert api.put(path, {"minimum_quantity": 5}).json()["minimum_quantity"] == 5
        [row] = api.get("/parts").json()
        assert row["minimum_quantity"] == 5
        assert api.put(path, {"minimum_quantity": None}).json()["minimum_quantity"] is None

    @pytest.mark.parametrize("quantity", [0, -1, MAX_QUANTITY + 1, "3", 1.5])
    def test_of_nonsense_is_refused_and_changes_nothing(self, api: ApiClient, quantity: Any) -> None:
        part = PartFactory.create(description="Timer")
        answer = api.put(f"/parts/{part.key}", {"description": "x", "minimum_quantity": quantity})
        assert error(answer)[:2] == (400, "invalid")
        assert "minimum_quantity" in answer.json()["details"]["fields"]
        part.refresh_from_db()
        assert part.description == "Timer"
