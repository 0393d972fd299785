"""The routes of a part that are about kits."""

import pytest

from tests.conftest import ApiClient
from tests.factories import KitContentFactory, KitFactory, PartFactory

pytestmark = pytest.mark.django_db


class TestKitsOfAPart:
    def test_are_by_name(self, api: ApiClient) -> None:
        part = PartFactory.create()
        KitContentFactory.create(part=part, kit=KitFactory.create(name="Radio", archived=True))
        content = KitContentFactory.create(part=part, kit__name="Clock", kit__build_target=4, required_per_unit=3)
        KitContentFactory.create()
        first, second = api.get(f"/parts/{part.key}/kits").json()
        assert first == {
            "kit_id": content.kit.pk,
            "kit_name": "Clock",
            "status": "active",
            "build_target": 4,
            "required_per_unit": 3,
            "reserved_quantity": 12,
            "updated_at": f"{content.updated_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        }
        assert (second["kit_name"], second["status"]) == ("Radio", "archived")

    def test_of_an_unused_part_are_none(self, api: ApiClient) -> None:
        assert api.get(f"/parts/{PartFactory.create().key}/kits").json() == []


class TestReservations:
    def test_tell_the_number_of_the_part(self, api: ApiClient) -> None:
        part = PartFactory.create(description="Diode")
        assert api.get(f"/parts/{part.key}/kit-reservations").json() == {
            "part_id": part.pk,
            "part_key": part.key,
            "part_description": "Diode",
            "total_reserved": 0,
            "active_reservations": [],
        }
