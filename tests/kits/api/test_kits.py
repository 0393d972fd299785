"""Kits over HTTP."""

from typing import Any

import pytest

from attachments.content_urls import cover_url
from attachments.models import Attachment, AttachmentSet
from kits.models import Kit
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, KitContentFactory, KitFactory
from tests.plugins.database import queries_of

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

    def test_is_by_name(self, api: ApiClient) -> None:
        for name in ("Radio", "Clock", "Lamp"):
            KitFactory.create(name=name)
        assert [row["name"] for row in api.get("/kits").json()] == ["Clock", "Lamp", "Radio"]

    def test_shows_the_cover_and_the_date_of_archiving(self, api: ApiClient) -> None:
        kit = KitFactory.create(archived=True)
        cover = AttachmentFactory.create(image=True, owner=kit)
        [row] = api.get("/kits").json()
        assert row["cover_url"] == cover_url(cover)
        assert row["archived_at"].endswith("Z")

    def test_can_be_read_in_pages(self, api: ApiClient) -> None:
        names = [kit.name for kit in KitFactory.create_batch(5)]
        response = api.get("/kits?limit=2&offset=2")
        assert [row["name"] for row in response.json()] == names[2:4]
        assert response["X-Total-Count"] == "5"
        assert 'rel="next"' in response["Link"]
        assert api.get("/kits?limit=1001").status_code == 400

    @pytest.mark.parametrize("query", ["", "?status=active", "?query=kit", "?limit=1000"])
    def test_takes_as_many_queries_for_many_as_for_one(self, api: ApiClient, query: str) -> None:
        def queries_for(*, kits: int) -> int:
            for kit in KitFactory.create_batch(kits):
                row = AttachmentFactory.create(legacy=True, owner=kit)
                AttachmentSet.objects.filter(pk=kit.attachment_set_id).update(cover_attachment=row)
            return queries_of(lambda: api.get(f"/kits{query}"))

        assert queries_for(kits=1) == queries_for(kits=49)


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
        assert (body["description"], body["build_target"], body["status"]) == (None, 0, "active")

    def test_ignores_what_is_not_the_clients(self, api: ApiClient) -> None:
        body = {"name": "Radio", "id": 4711, "status": "archived", "archived_at": "2001-01-01T00:00:00Z", "x": 1}
        assert api.post("/kits", body).json()["status"] == "active"
        assert Kit.objects.get().pk != 4711

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", None),
            ("name", " "),
            ("name", 7),
            ("name", "x" * 256),
            ("name", "two\nlines"),
            ("name", "nul\x00"),
            ("description", ["FM"]),
            ("description", "escape\x1b[0m"),
            ("description", "x" * 10_001),
            ("build_target", None),
            ("build_target", -1),
            ("build_target", 1.5),
            ("build_target", "3"),
            ("build_target", True),
            ("build_target", 2**31),
            ("build_target", 10**20),
        ],
        ids=lambda value: str(value)[:20],
    )
    def test_refuses(self, api: ApiClient, field: str, value: Any) -> None:
        response = api.post("/kits", {"name": "Radio", field: value})
        assert response.status_code == 400
        assert list(response.json()["details"]["fields"]) == [field]
        assert not AttachmentSet.objects.exists()

    def test_with_a_name_that_is_taken_is_a_conflict(self, api: ApiClient) -> None:
        KitFactory.create(name="Radio")
        response = api.post("/kits", {"name": "Radio"})
        assert (response.status_code, response.json()["details"]["code"]) == (409, "duplicate_kit")
        assert AttachmentSet.objects.count() == 1


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

    def test_refuses_a_name_that_is_taken(self, api: ApiClient) -> None:
        KitFactory.create(name="Clock")
        kit = KitFactory.create(name="Radio")
        response = api.patch(f"/kits/{kit.pk}", {"name": "Clock"})
        assert (response.status_code, response.json()["details"]["code"]) == (409, "duplicate_kit")
        assert api.get(f"/kits/{kit.pk}").json()["name"] == "Radio"

    @pytest.mark.parametrize("body", [{"name": ""}, {"name": " "}, {"build_target": -1}])
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

    @pytest.mark.parametrize("archived", [True, False])
    def test_is_deleted_with_everything_in_it(self, api: ApiClient, archived: bool) -> None:
        kit = KitFactory.create(archived=archived)
        AttachmentFactory.create(image=True, owner=kit)
        response = api.delete(f"/kits/{kit.pk}")
        assert (response.status_code, response.content) == (204, b"")
        assert not Attachment.objects.exists()
        assert not AttachmentSet.objects.exists()
        assert api.get(f"/kits/{kit.pk}").status_code == 404

    def test_takes_as_many_queries_for_many_contents_as_for_one(self, api: ApiClient) -> None:
        def queries_for(*, contents: int) -> int:
            kit = KitFactory.create()
            for content in KitContentFactory.create_batch(contents, kit=kit):
                row = AttachmentFactory.create(legacy=True, owner=content.part)
                AttachmentSet.objects.filter(pk=content.part.attachment_set_id).update(cover_attachment=row)
            return queries_of(lambda: api.get(f"/kits/{kit.pk}"))

        assert queries_for(contents=50) == queries_for(contents=1)


class TestArchive:
    def test_closes_and_opens(self, api: ApiClient) -> None:
        kit = KitFactory.create()
        closed = api.post(f"/kits/{kit.pk}/archive")
        assert (closed.status_code, closed.json()["status"]) == (200, "archived")
        assert closed.json()["archived_at"].endswith("Z")
        opened = api.post(f"/kits/{kit.pk}/unarchive")
        assert (opened.status_code, opened.json()["status"]) == (200, "active")
        assert opened.json()["archived_at"] is None

    @pytest.mark.parametrize(("archived", "path"), [(True, "archive"), (False, "unarchive")])
    def test_twice_is_a_conflict(self, api: ApiClient, archived: bool, path: str) -> None:
        kit = KitFactory.create(archived=archived)
        response = api.post(f"/kits/{kit.pk}/{path}")
        assert (response.status_code, response.json()["details"]["code"]) == (409, "kit_status")

    def test_refuses_changes_from_then_on(self, api: ApiClient) -> None:
        content = KitContentFactory.create(kit__archived=True)
        path = f"/kits/{content.kit.pk}"
        for response in (
            api.patch(path, {"name": "New"}),
            api.post(f"{path}/contents", {"part_id": KitContentFactory.create().part.pk}),
            api.patch(f"{path}/contents/{content.pk}", {"version": 1, "note": "New"}),
            api.delete(f"{path}/contents/{content.pk}"),
        ):
            assert (response.status_code, response.json()["details"]["code"]) == (409, "kit_archived")


@pytest.mark.parametrize("unknown", [4711, 10**20])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", "", None),
        ("patch", "", {"name": "x"}),
        ("delete", "", None),
        ("post", "/archive", {}),
        ("post", "/unarchive", {}),
        ("post", "/contents", {"part_id": 1}),
        ("patch", "/contents/1", {"version": 1}),
        ("delete", "/contents/1", None),
    ],
)
def test_an_unknown_kit_is_not_found(
    api: ApiClient, method: str, path: str, body: dict[str, Any] | None, unknown: int
) -> None:
    response = getattr(api, method)(f"/kits/{unknown}{path}", *([] if body is None else [body]))
    assert (response.status_code, response.json()["details"]["code"]) == (404, "not_found")
