"""`?include=` of a list of parts."""

import pytest
from rest_framework.exceptions import ValidationError

from parts.api import includes
from tests.conftest import ApiClient
from tests.factories import KitContentFactory, KitFactory, PartFactory

NAMES = ["cover", "locations", "kits", "shopping_lists"]


class TestParse:
    @pytest.mark.parametrize(
        ("text", "names"),
        [(None, []), ("", []), ("kits", ["kits"]), ("cover, kits ", ["cover", "kits"]), (",".join(NAMES), NAMES)],
    )
    def test_reads_a_list(self, text: str | None, names: list[str]) -> None:
        assert includes.parse(text) == names

    @pytest.mark.parametrize("text", [",", "kit", "KITS", "kits,everything", "kits," * 5 + "kits", "x" * 1000])
    def test_refuses(self, text: str) -> None:
        with pytest.raises(ValidationError) as refusal:
            includes.parse(text)
        assert list(refusal.value.get_full_details()) == ["include"]
        assert len(str(refusal.value.detail)) < 300


@pytest.mark.django_db
class TestColumn:
    def test_of_kits_names_them_for_each_part(self, api: ApiClient) -> None:
        used, unused = PartFactory.create_batch(2)
        clock, radio = KitFactory.create(name="Clock", build_target=4), KitFactory.create(name="Radio", archived=True)
        KitContentFactory.create(part=used, kit=radio)
        content = KitContentFactory.create(part=used, kit=clock, required_per_unit=3)
        first, second = (row["kits"] for row in api.get("/parts?include=kits").json())
        assert [row["kit_name"] for row in first] == ["Clock", "Radio"]
        assert first[0] == {
            "kit_id": clock.pk,
            "kit_name": "Clock",
            "status": "active",
            "build_target": 4,
            "required_per_unit": 3,
            "reserved_quantity": 12,
            "updated_at": f"{content.updated_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        }
        assert first[1]["status"] == "archived"
        assert second == []
        assert unused.kit_contents.count() == 0

    def test_of_what_does_not_exist_yet_is_null(self, api: ApiClient) -> None:
        KitContentFactory.create()
        [row] = api.get("/parts?include=cover,shopping_lists").json()
        assert (row["shopping_lists"], row["kits"], row["locations"]) == (None, None, None)

    def test_unknown_is_refused(self, api: ApiClient) -> None:
        response = api.get("/parts?include=kits,prices")
        assert response.status_code == 400
        assert response.json()["error"].startswith("include: Unknown: prices. Known are cover, locations, kits")
