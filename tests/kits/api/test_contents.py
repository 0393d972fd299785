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

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "body"),
            ({"part_id": 1, "part_key": "ABCD"}, "body"),
            *(({"part_id": value}, "part_id") for value in (4711, 10**20, True, "1")),
            *(({"part_key": value}, "part_key") for value in ("ZZZZ", "nul\x00", 7)),
            *(
                ({"part_key": "ABCD", "required_per_unit": value}, "required_per_unit")
                for value in (0, 1.5, "2", None, 10**20)
            ),
            *(({"part_key": "ABCD", "note": value}, "note") for value in ("x" * 2001, "nul\x00", 5)),
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
