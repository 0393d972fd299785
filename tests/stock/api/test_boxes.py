"""Boxes and their places over HTTP."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from attachments.content_urls import cover_url
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, BoxFactory, PartFactory, put
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db

FIELDS = {"box_no", "description", "capacity", "created_at", "updated_at"}


class TestList:
    def test_says_how_full_each_box_is(self, reader: ApiClient) -> None:
        BoxFactory.create(number=9, capacity=3)
        BoxFactory.create(number=2, capacity=1)
        for part in PartFactory.create_batch(2):
            put(part, "9-2", 5)
        first, second = reader.get("/boxes").json()
        assert set(first) == FIELDS | {
            *("total_locations", "occupied_locations", "available_locations", "usage_percentage")
        }
        assert (first["box_no"], first["occupied_locations"], first["usage_percentage"]) == (2, 0, 0.0)
        assert (second["box_no"], second["total_locations"], second["occupied_locations"]) == (9, 3, 1)
        assert (second["available_locations"], second["usage_percentage"]) == (2, 33.33)

    def test_takes_as_many_queries_for_many_as_for_one(self, api: ApiClient) -> None:
        put(PartFactory.create(), "1-1", 1)
        one = queries_of(lambda: api.get("/boxes"))
        for number in range(2, 51):
            put(PartFactory.create(), f"{number}-1", 1)
        assert queries_of(lambda: api.get("/boxes")) == one
        assert len(api.get("/boxes").json()) == 50


class TestBox:
    def test_is_made_with_its_places(self, api: ApiClient) -> None:
        answer = api.post("/boxes", {"description": "Resistors", "capacity": 2})
        assert answer.status_code == 201
        body = answer.json()
        assert set(body) == FIELDS | {"locations"}
        assert (body["box_no"], body["description"], body["capacity"]) == (1, "Resistors", 2)
        assert body["locations"] == [{"box_no": 1, "loc_no": 1}, {"box_no": 1, "loc_no": 2}]
        assert api.get("/boxes/1").json() == body

    @pytest.mark.parametrize(
        "body",
        [
            {"description": "x"},
            {"capacity": 3},
            {"description": "", "capacity": 3},
            {"description": "x" * 256, "capacity": 3},
            {"description": "x", "capacity": 0},
            {"description": "x", "capacity": 1001},
            {"description": "x", "capacity": "3"},
            {"description": "x", "capacity": 10**30},
            {"description": "x", "capacity": None},
        ],
    )
    def test_of_nonsense_is_refused(self, api: ApiClient, body: dict[str, Any]) -> None:
        BoxFactory.create(number=1, capacity=1)
        for answer in (api.post("/boxes", body), api.put("/boxes/1", body)):
            assert (answer.status_code, answer.json()["details"]["code"]) == (400, "invalid")
        assert api.get("/boxes/1").json()["description"] == "Small parts"

    def test_is_changed(self, api: ApiClient) -> None:
        BoxFactory.create(number=7, capacity=2)
        body = api.put("/boxes/7", {"description": "Diodes", "capacity": 4}).json()
        assert (body["description"], [place["loc_no"] for place in body["locations"]]) == ("Diodes", [1, 2, 3, 4])

    def test_with_stock_in_the_way_says_what_lies_there(self, api: ApiClient) -> None:
        put(PartFactory.create(key="ABCD"), "7-3", 1)
        shrunk = api.put("/boxes/7", {"description": "x", "capacity": 2})
        assert (shrunk.status_code, shrunk.json()["details"]["code"]) == (409, "location_in_use")
        assert shrunk.json()["error"] == "Cannot shrink box 7 to 2 places: 7-3 holds ABCD."
        deleted = api.delete("/boxes/7")
        assert (deleted.status_code, deleted.json()["details"]["code"]) == (409, "box_in_use")
        assert deleted.json()["error"] == "Cannot delete box 7: it holds ABCD."

    def test_is_deleted(self, api: ApiClient) -> None:
        BoxFactory.create(number=7)
        assert api.delete("/boxes/7").status_code == 204
        for answer in (
            api.get("/boxes/7"),
            api.delete("/boxes/7"),
            api.put("/boxes/7", {"description": "x", "capacity": 1}),
            api.get("/boxes/7/locations"),
            api.get(f"/boxes/{10**30}"),
        ):
            assert (answer.status_code, answer.json()["details"]["code"]) == (404, "not_found")

    def test_is_changed_only_in_the_version_that_was_seen(self, api: ApiClient) -> None:
        BoxFactory.create(number=7)
        seen = api.get("/boxes/7")["ETag"]
        body = {"description": "New", "capacity": 6}
        assert api.put("/boxes/7", body, headers={"If-Match": seen}).status_code == 200
        assert api.put("/boxes/7", body, headers={"If-Match": seen}).status_code == 412
        assert api.delete("/boxes/7", headers={"If-Match": seen}).status_code == 412


class TestPlaces:
    def test_are_all_there_by_number(self, reader: ApiClient) -> None:
        BoxFactory.create(number=7, capacity=3)
        put(PartFactory.create(), "7-2", 1)
        places = [{"box_no": 7, "loc_no": loc_no} for loc_no in (1, 2, 3)]
        assert reader.get("/boxes/7/locations").json() == places

    def test_show_what_lies_there(self, reader: ApiClient) -> None:
        BoxFactory.create(number=7, capacity=2)
        second, first = (PartFactory.create(key=key, manufacturer_code=None) for key in ("BBBB", "AAAA"))
        cover = AttachmentFactory.create(image=True, owner=first)
        put(second, "7-2", 3)
        put(first, "7-2", 4)
        empty, full = reader.get("/boxes/7/locations?include_parts=true").json()
        assert empty == {"box_no": 7, "loc_no": 1, "is_occupied": False, "part_assignments": None}
        assert full["is_occupied"] is True
        assert [row["key"] for row in full["part_assignments"]] == ["AAAA", "BBBB"]
        assert full["part_assignments"][0] == {
            "key": "AAAA",
            "qty": 4,
            "manufacturer_code": None,
            "description": first.description,
            "cover_url": cover_url(cover),
        }

    def test_of_a_thousand_take_as_many_queries_as_one(self, api: ApiClient) -> None:
        put(PartFactory.create(), "1-1", 1)
        one = queries_of(lambda: api.get("/boxes/1/locations?include_parts=true"))
        BoxFactory.create(number=2, capacity=1000)
        for loc_no in range(1, 1000, 20):
            put(PartFactory.create(), f"2-{loc_no}", 1)
        assert queries_of(lambda: api.get("/boxes/2/locations?include_parts=true")) == one
        assert len(api.get("/boxes/2/locations?include_parts=true").json()) == 1000


class TestAccess:
    @pytest.mark.parametrize(
        ("method", "path", "body", "permission"),
        [
            ("post", "/boxes", {"description": "x", "capacity": 1}, "add_box"),
            ("put", "/boxes/7", {"description": "x", "capacity": 9}, "change_box"),
            ("delete", "/boxes/7", None, "delete_box"),
            ("post", "/inventory/parts/ABCD/stock", {"box_no": 7, "loc_no": 1, "qty": 1}, "add_movement"),
            ("delete", "/inventory/parts/ABCD/stock", {"box_no": 7, "loc_no": 2, "qty": 1}, "add_movement"),
            (
                "post",
                "/inventory/parts/ABCD/move",
                {"from_box_no": 7, "from_loc_no": 2, "to_box_no": 7, "to_loc_no": 1, "qty": 1},
                "add_movement",
            ),
        ],
    )
    def test_each_write_needs_its_permission(self, method: str, path: str, body: Any, permission: str) -> None:
        BoxFactory.create(number=7)
        if "parts" in path:
            put(PartFactory.create(key="ABCD"), "7-2", 5)
        user = User.objects.create_user("somebody")
        client = ApiClient()
        assert getattr(client, method)(path, body, "application/json").status_code == 401
        client.force_login(user)
        assert getattr(client, method)(path, body, "application/json").status_code == 403
        user.user_permissions.add(Permission.objects.get(codename=permission))
        assert getattr(client, method)(path, body, "application/json").status_code in {200, 201, 204}

    @pytest.mark.parametrize(
        "path", ["/boxes", "/boxes/7", "/boxes/7/locations", "/parts/ABCD/locations", "/parts/ABCD/history"]
    )
    def test_reading_needs_only_a_login(self, anonymous: ApiClient, reader: ApiClient, path: str) -> None:
        put(PartFactory.create(key="ABCD"), "7-1", 1)
        assert anonymous.get(path).status_code == 401
        assert reader.get(path).status_code == 200
