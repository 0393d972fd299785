"""GET /attachment-sets/{id}, and who may use the routes below it."""

from collections.abc import Callable
from typing import Any

import pytest

from attachments.models import Attachment
from tests.attachments.conftest import TOO_LARGE
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, PartFactory
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db

# Every route with every method, in a set with one image.
ROUTES: list[tuple[str, str, dict[str, Any]]] = [
    ("get", "", {}),
    ("get", "/attachments", {}),
    ("post", "/attachments", {"url": "https://example.com/", "title": "Shop"}),
    ("get", "/attachments/{aid}", {}),
    ("put", "/attachments/{aid}", {"title": "Front"}),
    ("patch", "/attachments/{aid}", {"title": "Front"}),
    ("delete", "/attachments/{aid}", {}),
    ("get", "/cover", {}),
    ("put", "/cover", {"attachment_id": None}),
    ("delete", "/cover", {}),
    ("post", "/copies", {"attachment_id": 0}),
]
READS = [route for route in ROUTES if route[0] == "get"]
WRITES = [route for route in ROUTES if route[0] != "get"]

Send = Callable[[ApiClient, tuple[str, str, dict[str, Any]]], Any]


@pytest.fixture
def send() -> Send:
    """Call a route on a set with one image, whose number stands in the body where one is needed."""
    attachment = AttachmentFactory.create(legacy=True)

    def call(client: ApiClient, route: tuple[str, str, dict[str, Any]]) -> Any:
        method, path, body = route
        path = f"/attachment-sets/{attachment.attachment_set_id}{path.format(aid=attachment.pk)}"
        if body.get("attachment_id") == 0:
            body = {"attachment_id": attachment.pk}
        return getattr(client, method)(path, *([body] if body else []))

    return call


class TestAccess:
    @pytest.mark.parametrize("route", ROUTES, ids=str)
    def test_needs_a_login(self, anonymous: ApiClient, send: Send, route: tuple[str, str, dict[str, Any]]) -> None:
        response = send(anonymous, route)
        assert response.status_code == 401
        assert response.json()["details"]["code"] == "login_required"

    @pytest.mark.parametrize("route", READS, ids=str)
    def test_everybody_with_a_login_reads(
        self, reader: ApiClient, send: Send, route: tuple[str, str, dict[str, Any]]
    ) -> None:
        assert send(reader, route).status_code == 200

    @pytest.mark.parametrize("route", WRITES, ids=str)
    def test_changes_need_the_permission(
        self, reader: ApiClient, send: Send, route: tuple[str, str, dict[str, Any]]
    ) -> None:
        before = list(Attachment.objects.values())
        response = send(reader, route)
        assert response.status_code == 403
        assert response.json()["details"]["code"] == "forbidden"
        assert list(Attachment.objects.values()) == before

    @pytest.mark.parametrize("route", WRITES, ids=str)
    def test_who_has_it_may(self, api: ApiClient, send: Send, route: tuple[str, str, dict[str, Any]]) -> None:
        assert send(api, route).status_code in {200, 201, 204}


class TestRoutes:
    @pytest.mark.parametrize("route", ROUTES, ids=str)
    def test_with_a_slash_more_do_not_exist(
        self, api: ApiClient, send: Send, route: tuple[str, str, dict[str, Any]]
    ) -> None:
        method, path, body = route
        response = send(api, (method, f"{path}/", body))
        assert response.status_code == 404
        assert response.json()["details"]["code"] == "not_found"

    @pytest.mark.parametrize("route", ROUTES, ids=str)
    @pytest.mark.parametrize("unknown", [4711, TOO_LARGE])
    def test_of_an_unknown_set_are_not_found(
        self, api: ApiClient, route: tuple[str, str, dict[str, Any]], unknown: int
    ) -> None:
        method, path, body = route
        if "attachment_id" in body:
            body = {"attachment_id": AttachmentFactory.create(link=True).pk}
        path = f"/attachment-sets/{unknown}{path.format(aid=1)}"
        response = getattr(api, method)(path, *([body] if body else []))
        assert response.status_code == 404
        assert response.json()["details"]["code"] == "unknown_attachment_set"

    def test_know_no_other_methods(self, api: ApiClient, set_id: int) -> None:
        response = api.delete(f"/attachment-sets/{set_id}")
        assert response.status_code == 405
        assert response.json()["details"]["code"] == "method_not_allowed"


class TestGetSet:
    def test_of_nothing(self, api: ApiClient, set_id: int) -> None:
        body = api.get(f"/attachment-sets/{set_id}").json()
        assert list(body) == ["id", "cover_attachment_id", "attachments", "created_at", "updated_at"]
        assert (body["id"], body["cover_attachment_id"], body["attachments"]) == (set_id, None, [])
        assert body["created_at"].endswith("Z")

    def test_has_everything_by_position_and_the_cover(self, api: ApiClient) -> None:
        part = PartFactory.create()
        last = AttachmentFactory.create(link=True, owner=part, position=2)
        cover = AttachmentFactory.create(image=True, owner=part)
        first = AttachmentFactory.create(link=True, owner=part, position=1)
        body = api.get(f"/attachment-sets/{part.attachment_set_id}").json()
        assert body["cover_attachment_id"] == cover.pk
        assert [row["id"] for row in body["attachments"]] == [first.pk, last.pk, cover.pk]

    def test_takes_as_many_queries_for_many_as_for_one(self, api: ApiClient) -> None:
        def queries_for(*, attachments: int) -> int:
            part = PartFactory.create()
            AttachmentFactory.create(image=True, owner=part)
            AttachmentFactory.create_batch(attachments - 1, link=True, owner=part)
            return queries_of(lambda: api.get(f"/attachment-sets/{part.attachment_set_id}"))

        assert queries_for(attachments=50) == queries_for(attachments=1)
