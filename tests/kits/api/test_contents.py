"""What is in a kit, over HTTP."""

from typing import Any

import pytest

from attachments.content_urls import cover_url
from kits.models import KitContent
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, KitContentFactory, KitFactory, PartFactory

pytestmark = pytest.mark.django_db


def add(client: ApiClient, kit_id: int, **body: Any) -> Any:
    return client.post(f"/kits/{kit_id}/contents", body)


class TestAdd:
    def test_answers_with_the_row_as_the_kit_shows_it(self, api: ApiClient) -> None:
        kit = KitFactory.create(build_target=4)
        part = PartFactory.create(description="Diode", manufacturer_code="1N4148")
        cover = AttachmentFactory.create(image=True, owner=part)
        response = add(api, kit.pk, part_id=part.pk, required_per_unit=3, note="The fast one")
        assert response.status_code == 201
        assert response.json() == {
            "id": KitContent.objects.get().pk,
            "kit_id": kit.pk,
            "part_id": part.pk,
            "part": {
                "key": part.key,
                "description": "Diode",
                "manufacturer_code": "1N4148",
                "cover_url": cover_url(cover),
            },
            "required_per_unit": 3,
            "total_required": 12,
            "note": "The fast one",
            "version": 1,
            "in_stock": 0,
            "reserved": 0,
            "available": 0,
            "shortfall": 12,
            "active_reservations": [],
            "created_at": f"{KitContent.objects.get().created_at:%Y-%m-%dT%H:%M:%S.%fZ}",
            "updated_at": f"{KitContent.objects.get().updated_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        }
        assert api.get(f"/kits/{kit.pk}").json()["contents"] == [response.json()]

    @pytest.mark.parametrize("note", [{}, {"note": None}, {"note": ""}, {"note": "  "}])
    def test_takes_a_key_and_needs_no_more(self, api: ApiClient, note: dict[str, Any]) -> None:
        part = PartFactory.create()
        body = add(api, KitFactory.create().pk, part_key=part.key, **note).json()
        assert (body["part_id"], body["required_per_unit"], body["note"]) == (part.pk, 1, None)

    def test_of_a_part_that_is_there_is_a_conflict(self, api: ApiClient) -> None:
        content = KitContentFactory.create()
        response = add(api, content.kit.pk, part_id=content.part.pk)
        assert (response.status_code, response.json()["details"]["code"]) == (409, "duplicate_content")
        assert KitContent.objects.get() == content

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "body"),
            ({"part_id": 1, "part_key": "ABCD"}, "body"),
            ({"part_id": 4711}, "part_id"),
            ({"part_id": 10**20}, "part_id"),
            ({"part_id": True}, "part_id"),
            ({"part_id": "1"}, "part_id"),
            ({"part_key": "ZZZZ"}, "part_key"),
            ({"part_key": "nul\x00"}, "part_key"),
            ({"part_key": 7}, "part_key"),
            ({"part_key": "ABCD", "required_per_unit": 0}, "required_per_unit"),
            ({"part_key": "ABCD", "required_per_unit": 1.5}, "required_per_unit"),
            ({"part_key": "ABCD", "required_per_unit": "2"}, "required_per_unit"),
            ({"part_key": "ABCD", "required_per_unit": None}, "required_per_unit"),
            ({"part_key": "ABCD", "required_per_unit": 10**20}, "required_per_unit"),
            ({"part_key": "ABCD", "note": "x" * 2001}, "note"),
            ({"part_key": "ABCD", "note": "nul\x00"}, "note"),
            ({"part_key": "ABCD", "note": {}}, "note"),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_refuses(self, api: ApiClient, body: dict[str, Any], field: str) -> None:
        PartFactory.create(key="ABCD")
        response = add(api, KitFactory.create().pk, **body)
        assert response.status_code == 400
        assert list(response.json()["details"]["fields"]) == [field]
        assert not KitContent.objects.exists()

    def test_cannot_be_listed_by_itself(self, api: ApiClient) -> None:
        assert api.get(f"/kits/{KitFactory.create().pk}/contents").status_code == 405


class TestChange:
    def patch(self, client: ApiClient, content: KitContent, **body: Any) -> Any:
        return client.patch(f"/kits/{content.kit_id}/contents/{content.pk}", body)

    def test_answers_with_the_next_version(self, api: ApiClient) -> None:
        content = KitContentFactory.create(kit__build_target=2, note="Before")
        response = self.patch(api, content, version=1, required_per_unit=5)
        assert response.status_code == 200
        body = response.json()
        assert (body["required_per_unit"], body["total_required"], body["shortfall"]) == (5, 10, 10)
        assert (body["note"], body["version"]) == ("Before", 2)
        assert self.patch(api, content, version=2, note="").json()["note"] is None

    def test_of_another_version_is_a_conflict(self, api: ApiClient) -> None:
        content = KitContentFactory.create()
        assert self.patch(api, content, version=1, note="First").status_code == 200
        response = self.patch(api, content, version=1, note="Second")
        assert (response.status_code, response.json()["details"]["code"]) == (409, "stale_version")
        assert KitContent.objects.get().note == "First"

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"note": "x"}, "version"),
            ({"version": None}, "version"),
            ({"version": "1"}, "version"),
            ({"version": 1, "required_per_unit": 0}, "required_per_unit"),
            ({"version": 1, "note": "nul\x00"}, "note"),
        ],
    )
    def test_refuses(self, api: ApiClient, body: dict[str, Any], field: str) -> None:
        content = KitContentFactory.create()
        response = self.patch(api, content, **body)
        assert response.status_code == 400
        assert list(response.json()["details"]["fields"]) == [field]
        content.refresh_from_db()
        assert content.version == 1

    def test_cannot_change_the_part(self, api: ApiClient) -> None:
        content = KitContentFactory.create()
        other = PartFactory.create()
        assert self.patch(api, content, version=1, part_id=other.pk).json()["part_id"] == content.part_id


class TestRemove:
    def test_leaves_the_part(self, api: ApiClient) -> None:
        content = KitContentFactory.create()
        path = f"/kits/{content.kit_id}/contents/{content.pk}"
        response = api.delete(path)
        assert (response.status_code, response.content) == (204, b"")
        assert api.delete(path).status_code == 404
        assert api.get(f"/parts/{content.part.key}").status_code == 200


@pytest.mark.parametrize("method", ["patch", "delete"])
@pytest.mark.parametrize("unknown", [None, 10**20])
def test_a_row_of_another_kit_is_not_found(api: ApiClient, method: str, unknown: int | None) -> None:
    other = KitContentFactory.create()
    path = f"/kits/{KitFactory.create().pk}/contents/{unknown or other.pk}"
    response = getattr(api, method)(path, *([{"version": 1}] if method == "patch" else []))
    assert (response.status_code, response.json()["details"]["code"]) == (404, "not_found")
    other.refresh_from_db()
