"""GET /attachment-sets/{id}, and the routes below a set that is not there."""

from typing import Any

import pytest

from tests.attachments.conftest import TOO_LARGE
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, PartFactory

pytestmark = pytest.mark.django_db

# Every route with every method.
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


class TestRoutes:
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
