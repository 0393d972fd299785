"""Kits over HTTP."""

from typing import Any

import pytest

from attachments.content_urls import cover_url
from attachments.models import AttachmentSet
from kits.models import Kit
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, KitFactory

pytestmark = pytest.mark.django_db

ROW = [
    "id",
    "name",
    "description",
    "status",
    "build_target",
    "archived_at",
    "updated_at",
    "cover_url",
    "attachment_set_id",
    "shopping_list_badge_count",
    "pick_list_badge_count",
]
WHOLE = [*ROW, "created_at", "contents", "pick_lists", "shopping_list_links"]


class TestList:
    def test_has_the_columns_that_the_frontend_reads(self, api: ApiClient) -> None:
        kit = KitFactory.create(name="Radio", description="FM", build_target=2)
        [row] = api.get("/kits").json()
        assert list(row) == ROW
        assert (row["id"], row["name"], row["description"], row["build_target"]) == (kit.pk, "Radio", "FM", 2)
        assert (row["status"], row["archived_at"], row["cover_url"]) == ("active", None, None)
        assert row["attachment_set_id"] == kit.attachment_set_id
        assert (row["shopping_list_badge_count"], row["pick_list_badge_count"]) == (0, 0)

    def test_shows_the_cover_and_the_date_of_archiving(self, api: ApiClient) -> None:
        kit = KitFactory.create(archived=True)
        cover = AttachmentFactory.create(image=True, owner=kit)
        [row] = api.get("/kits").json()
        assert row["cover_url"] == cover_url(cover)
        assert row["archived_at"].endswith("Z")


class TestCreate:
    def test_answers_with_the_whole_kit(self, api: ApiClient) -> None:
        response = api.post("/kits", {"name": " Radio ", "description": "FM\nand AM", "build_target": 3})
        assert response.status_code == 201
        body = response.json()
        assert list(body) == WHOLE
        assert (body["name"], body["description"], body["build_target"]) == ("Radio", "FM\nand AM", 3)
        assert (body["contents"], body["pick_lists"], body["shopping_list_links"]) == ([], [], [])
        assert body == api.get(f"/kits/{body['id']}").json()

    @pytest.mark.parametrize("description", [{}, {"description": None}, {"description": ""}, {"description": " "}])
    def test_needs_a_name_only(self, api: ApiClient, description: dict[str, Any]) -> None:
        body = api.post("/kits", {"name": "Radio", **description}).json()
        assert (body["description"], body["build_target"], body["status"]) == (None, 1, "active")

    def test_ignores_what_is_not_the_clients(self, api: ApiClient) -> None:
        body = {"name": "Radio", "id": 4711, "status": "archived", "archived_at": "2001-01-01T00:00:00Z", "x": 1}
        assert api.post("/kits", body).json()["status"] == "active"
        assert Kit.objects.get().pk != 4711

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            *(("name", value) for value in (None, " ", 7, "x" * 256, "two\nlines", "nul\x00")),
            *(("description", value) for value in (["FM"], "escape\x1b[0m", "x" * 10_001)),
            *(("build_target", value) for value in (None, -1, 1.5, "3", True, 2**31, 10**20)),
        ],
        ids=lambda value: str(value)[:20],
    )
    def test_refuses(self, api: ApiClient, field: str, value: Any) -> None:
        response = api.post("/kits", {"name": "Radio", field: value})
        assert response.status_code == 400
        assert list(response.json()["details"]["fields"]) == [field]
        assert not AttachmentSet.objects.exists()


class TestOne:
    def test_is_changed_in_part(self, api: ApiClient) -> None:
        kit = KitFactory.create(name="Radio", description="FM", build_target=2)
        response = api.patch(f"/kits/{kit.pk}", {"build_target": 0})
        assert response.status_code == 200
        body = response.json()
        assert (body["name"], body["description"], body["build_target"]) == ("Radio", "FM", 0)
        assert api.patch(f"/kits/{kit.pk}", {"description": None}).json()["description"] is None
        assert api.patch(f"/kits/{kit.pk}", {"name": "Receiver"}).json()["name"] == "Receiver"
        assert api.get(f"/kits/{kit.pk}").json()["name"] == "Receiver"

    @pytest.mark.parametrize("body", [{"name": ""}, {"build_target": -1}])
    def test_refuses_wrong_values(self, api: ApiClient, body: dict[str, Any]) -> None:
        kit = KitFactory.create(name="Radio")
        response = api.patch(f"/kits/{kit.pk}", {"description": "New", **body})
        assert response.status_code == 400
        assert list(response.json()["details"]["fields"]) == list(body)
        assert Kit.objects.get().description is None

    def test_null_leaves_what_a_kit_cannot_do_without(self, api: ApiClient) -> None:
        kit = KitFactory.create(name="Radio", build_target=3)
        body = api.patch(f"/kits/{kit.pk}", {"name": None, "build_target": None}).json()
        assert (body["name"], body["build_target"]) == ("Radio", 3)


class TestArchive:
    def test_closes_and_opens(self, api: ApiClient) -> None:
        kit = KitFactory.create()
        closed = api.post(f"/kits/{kit.pk}/archive")
        assert (closed.status_code, closed.json()["status"]) == (200, "archived")
        assert closed.json()["archived_at"].endswith("Z")
        opened = api.post(f"/kits/{kit.pk}/unarchive")
        assert (opened.status_code, opened.json()["status"]) == (200, "active")
        assert opened.json()["archived_at"] is None
