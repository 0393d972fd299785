"""Types over HTTP."""

from typing import Any

import pytest

from parts.models import PartType
from tests.conftest import ApiClient
from tests.factories import PartFactory, PartTypeFactory
from tests.plugins.database import queries_of

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

    def test_can_be_read_in_pages(self, api: ApiClient) -> None:
        names = [part_type.name for part_type in PartTypeFactory.create_batch(5)]
        response = api.get("/types?limit=2&offset=1")
        assert [row["name"] for row in response.json()] == names[1:3]
        assert response["X-Total-Count"] == "5"
        assert api.get("/types?limit=1001").status_code == 400

    @pytest.mark.parametrize("query", ["", "?include_stats=true"])
    def test_takes_as_many_queries_for_many_as_for_one(self, api: ApiClient, query: str) -> None:
        def queries_for(*, types: int) -> int:
            for part_type in PartTypeFactory.create_batch(types):
                PartFactory.create(type=part_type)
            return queries_of(lambda: api.get(f"/types{query}"))

        assert queries_for(types=1) == queries_for(types=49)


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

    def test_needs_a_name_of_its_own(self, api: ApiClient) -> None:
        PartTypeFactory.create(name="Diode")
        other = PartTypeFactory.create(name="Logic")
        for response in (api.post("/types", {"name": "Diode"}), api.put(f"/types/{other.pk}", {"name": "Diode"})):
            assert (response.status_code, response.json()["details"]["code"]) == (409, "duplicate_type")
            assert response.json()["error"] == "A type named Diode already exists."
        assert api.put(f"/types/{other.pk}", {"name": "Logic"}).status_code == 200

    def test_in_use_cannot_be_deleted(self, api: ApiClient) -> None:
        part_type = PartTypeFactory.create(name="Diode")
        PartFactory.create_batch(2, type=part_type)
        response = api.delete(f"/types/{part_type.pk}")
        assert (response.status_code, response.json()["details"]["code"]) == (409, "type_in_use")
        assert response.json()["error"] == "Cannot delete type Diode: 2 parts have it."
        assert PartType.objects.get() == part_type

    @pytest.mark.parametrize("unknown", [4711, 10**20])
    @pytest.mark.parametrize("method", ["get", "put", "delete"])
    def test_unknown_is_not_found(self, api: ApiClient, method: str, unknown: int) -> None:
        response = getattr(api, method)(f"/types/{unknown}", *([{"name": "x"}] if method == "put" else []))
        assert (response.status_code, response.json()["details"]["code"]) == (404, "not_found")
