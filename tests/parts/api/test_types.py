"""Types over HTTP."""

from typing import Any

import pytest

from parts.models import PartType
from tests.conftest import ApiClient
from tests.factories import PartFactory, PartTypeFactory

pytestmark = pytest.mark.django_db


class TestList:
    def test_is_an_array_by_name(self, api: ApiClient) -> None:
        for name in ("Resistor", "Diode", "Logic"):
            PartTypeFactory.create(name=name)
        response = api.get("/types")
        assert [row["name"] for row in response.json()] == ["Diode", "Logic", "Resistor"]
        assert list(response.json()[0]) == ["id", "name", "created_at", "updated_at"]

    @pytest.mark.parametrize("asked", ["true", "TRUE"])
    def test_counts_parts_when_asked(self, api: ApiClient, asked: str) -> None:
        used = PartTypeFactory.create(name="Diode")
        PartTypeFactory.create(name="Logic")
        PartFactory.create_batch(2, type=used)
        rows = api.get(f"/types?include_stats={asked}").json()
        assert [(row["name"], row["part_count"]) for row in rows] == [("Diode", 2), ("Logic", 0)]

    @pytest.mark.parametrize("query", ["", "?include_stats=false", "?include_stats="])
    def test_does_not_count_unasked(self, api: ApiClient, query: str) -> None:
        PartTypeFactory.create()
        assert "part_count" not in api.get(f"/types{query}").json()[0]


class TestOne:
    def test_is_made_read_renamed_and_deleted(self, api: ApiClient) -> None:
        made = api.post("/types", {"name": " Diode ", "id": 4711})
        assert (made.status_code, made.json()["name"]) == (201, "Diode")
        path = f"/types/{made.json()['id']}"
        assert api.get(path).json() == made.json()
        renamed = api.put(path, {"name": "Rectifier"})
        assert (renamed.status_code, renamed.json()["name"]) == (200, "Rectifier")
        assert api.get(path).json() == renamed.json()
        assert api.delete(path).status_code == 204
        assert api.get(path).status_code == 404

    @pytest.mark.parametrize("name", [None, "", " ", "x" * 101, "two\nlines", "nul\x00", 7, ["x"]])
    def test_refuses_other_names(self, api: ApiClient, name: Any) -> None:
        part_type = PartTypeFactory.create(name="Diode")
        for response in (api.post("/types", {"name": name}), api.put(f"/types/{part_type.pk}", {"name": name})):
            assert response.status_code == 400
            assert list(response.json()["details"]["fields"]) == ["name"]
        assert PartType.objects.get().name == "Diode"
