"""Parts over HTTP."""

from typing import Any

import pytest

from attachments.content_urls import cover_url
from attachments.models import AttachmentSet
from parts import keys
from parts.models import Part
from parts.services import create_part
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, KitContentFactory, PartFactory, PartTypeFactory
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db

OPTIONAL_TEXT = (
    "manufacturer_code",
    "manufacturer",
    "product_page",
    "package",
    "pin_pitch",
    "voltage_rating",
    "input_voltage",
    "output_voltage",
    "mounting_type",
    "series",
    "dimensions",
)
# What a client can set, all of it.
WHOLE: dict[str, Any] = {
    **{name: f"some {name}" for name in OPTIONAL_TEXT},
    "description": "Timer\nin DIP-8",
    "product_page": "https://example.com/ne555",
    "pin_count": 8,
    "tags": ["analog", "timer"],
}
# What no client can.
OURS = {"id": 4711, "key": "MINE", "attachment_set_id": 4711, "total_quantity": 9, "created_at": "2001-01-01T00:00:00Z"}


class TestList:
    def test_has_the_columns_that_the_frontend_reads(self, api: ApiClient) -> None:
        part_type = PartTypeFactory.create()
        part = create_part(type=part_type, **WHOLE)
        [row] = api.get("/parts").json()
        shown = ("description", "manufacturer_code", "manufacturer", "tags", "package", "pin_pitch", "mounting_type")
        voltages = ("voltage_rating", "input_voltage", "output_voltage")
        assert row == {
            "key": part.key,
            **{name: WHOLE[name] for name in (*shown, *voltages, "pin_count", "series", "dimensions")},
            "created_at": f"{part.created_at:%Y-%m-%dT%H:%M:%S.%fZ}",
            "updated_at": f"{part.updated_at:%Y-%m-%dT%H:%M:%S.%fZ}",
            "type_id": part_type.pk,
            "total_quantity": 0,
            "minimum_quantity": None,
            "cover_url": None,
            "attachment_set_id": part.attachment_set_id,
            "attachment_count": 0,
            "locations": None,
            "seller_links": [],
            "kits": None,
            "shopping_lists": None,
        }

    def test_counts_attachments_and_shows_the_cover(self, api: ApiClient) -> None:
        part = PartFactory.create()
        cover = AttachmentFactory.create(image=True, owner=part)
        AttachmentFactory.create(link=True, owner=part)
        AttachmentFactory.create(legacy=True)
        first, second = api.get("/parts").json()
        assert (first["attachment_count"], first["cover_url"]) == (2, cover_url(cover))
        assert (second["attachment_count"], second["cover_url"]) == (1, None)

    def test_with_covers_takes_four_queries_beside_the_login(self, api: ApiClient) -> None:
        for _ in range(2):
            AttachmentFactory.create(image=True)
        login = queries_of(lambda: api.get("/boxes"))
        assert queries_of(lambda: api.get("/parts?include=cover")) - login <= 4
        assert all(row["cover_url"] for row in api.get("/parts").json())


class TestCreate:
    def test_answers_with_the_whole_part(self, api: ApiClient) -> None:
        part_type = PartTypeFactory.create(name="Timer")
        response = api.post("/parts", {**WHOLE, **OURS, "type_id": part_type.pk, "unknown": 1})
        assert response.status_code == 201
        part = Part.objects.get()
        body = response.json()
        assert body == api.get(f"/parts/{part.key}").json()
        assert {name: body[name] for name in WHOLE} == WHOLE
        assert body["type"] == api.get(f"/types/{part_type.pk}").json()
        assert body["type_id"] == part_type.pk
        assert (body["id"], body["key"], body["attachment_set_id"]) == (part.pk, part.key, part.attachment_set_id)
        assert (body["total_quantity"], body["locations"], body["kits"]) == (0, None, None)
        assert part.key != "MINE"
        assert body["created_at"].startswith(f"{part.created_at:%Y-%m-%dT%H:%M:%S}")

    def test_needs_a_description_only(self, api: ApiClient) -> None:
        body = api.post("/parts", {"description": "A resistor"}).json()
        assert {body[name] for name in (*OPTIONAL_TEXT, "pin_count", "type_id", "type")} == {None}
        assert body["tags"] == []

    def test_stores_blank_text_as_null(self, api: ApiClient) -> None:
        body = {"description": "A resistor", **dict.fromkeys(OPTIONAL_TEXT, "  ")}
        assert api.post("/parts", body).status_code == 201
        part = Part.objects.get()
        assert {getattr(part, name) for name in OPTIONAL_TEXT} == {None}

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            *(("description", value) for value in (None, " ", 7, "nul\x00", "escape\x1b[0m", "x" * 10_001)),
            *(("manufacturer", value) for value in ("two\nlines", ["Onsemi"])),
            ("package", "x" * 101),
            *(("product_page", value) for value in ("example", "javascript:alert(1)")),
            *(("pin_count", value) for value in (0, -1, 10**20, "8", 8.5)),
            *(("type_id", value) for value in (4711, 10**20, True, "1")),
            *(("tags", value) for value in ("timer", [""], ["x" * 51], ["two\nlines"], [1], ["t"] * 101)),
        ],
        ids=lambda value: str(value)[:20],
    )
    def test_refuses(self, api: ApiClient, field: str, value: Any) -> None:
        response = api.post("/parts", {"description": "A resistor", field: value})
        assert response.status_code == 400
        assert response.json()["details"]["code"] == "invalid"
        assert list(response.json()["details"]["fields"]) == [field]
        assert not Part.objects.exists()
        assert not AttachmentSet.objects.exists()

    def test_without_a_free_key_is_a_conflict(self, api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keys, "ALPHABET", "A")
        assert api.post("/parts", {"description": "The first"}).json()["key"] == "AAAA"
        response = api.post("/parts", {"description": "One too many"})
        assert (response.status_code, response.json()["details"]["code"]) == (409, "no_free_key")
        assert AttachmentSet.objects.count() == 1


@pytest.mark.parametrize("method", ["put", "patch"])
class TestUpdate:
    def test_changes_what_the_body_has(self, api: ApiClient, method: str) -> None:
        part = create_part(type=PartTypeFactory.create(), **WHOLE)
        before = api.get(f"/parts/{part.key}").json()
        response = getattr(api, method)(f"/parts/{part.key}", {"package": "SO-8", **OURS})
        assert response.status_code == 200
        after = response.json()
        assert after.pop("updated_at") > before.pop("updated_at")
        assert after == {**before, "package": "SO-8"}
        assert api.get(f"/parts/{part.key}").json()["package"] == "SO-8"

    @pytest.mark.parametrize("nothing", [None, ""])
    def test_null_and_blank_clear(self, api: ApiClient, method: str, nothing: str | None) -> None:
        part = create_part(**WHOLE)
        body = getattr(api, method)(f"/parts/{part.key}", dict.fromkeys(OPTIONAL_TEXT, nothing)).json()
        assert {body[name] for name in OPTIONAL_TEXT} == {None}
        assert (body["pin_count"], body["tags"]) == (8, ["analog", "timer"])

    def test_null_clears_what_is_no_text(self, api: ApiClient, method: str) -> None:
        part = create_part(type=PartTypeFactory.create(), **WHOLE)
        body = getattr(api, method)(f"/parts/{part.key}", {"pin_count": None, "type_id": None, "tags": None}).json()
        assert (body["pin_count"], body["type_id"], body["type"], body["tags"]) == (None, None, None, [])

    def test_replaces_type_and_tags(self, api: ApiClient, method: str) -> None:
        part = create_part(type=PartTypeFactory.create(), **WHOLE)
        other = PartTypeFactory.create(name="Logic")
        body = getattr(api, method)(f"/parts/{part.key}", {"type_id": other.pk, "tags": ["new", "new"]}).json()
        assert (body["type"]["name"], body["tags"]) == ("Logic", ["new"])

    @pytest.mark.parametrize("change", [{}, {"description": None}])
    def test_of_nothing_changes_nothing(self, api: ApiClient, method: str, change: dict[str, Any]) -> None:
        part = create_part(**WHOLE)
        body = getattr(api, method)(f"/parts/{part.key}", change).json()
        assert {name: body[name] for name in WHOLE} == WHOLE

    @pytest.mark.parametrize("body", [{"description": ""}, {"pin_count": 0}, {"tags": ["\x00"]}])
    def test_refused_changes_nothing(self, api: ApiClient, method: str, body: dict[str, Any]) -> None:
        part = create_part(**WHOLE)
        response = getattr(api, method)(f"/parts/{part.key}", {"package": "SO-8", **body})
        assert response.status_code == 400
        assert list(response.json()["details"]["fields"]) == list(body)
        part.refresh_from_db()
        assert part.package == WHOLE["package"]

    def test_of_an_unknown_part_is_not_found(self, api: ApiClient, method: str) -> None:
        assert getattr(api, method)("/parts/ZZZZ", {"package": "SO-8"}).status_code == 404


class TestOne:
    def test_says_whether_a_kit_uses_it(self, api: ApiClient) -> None:
        used, unused = KitContentFactory.create().part, PartFactory.create()
        assert api.get(f"/parts/{used.key}").json()["used_in_kits"] is True
        assert api.get(f"/parts/{unused.key}").json()["used_in_kits"] is False

    @pytest.mark.parametrize("key", ["ZZZZ", "abcd", "ABC", "ABCDE", "AB%00D", "%F0%9F%92%A9", "4711"])
    def test_unknown_is_not_found(self, api: ApiClient, key: str) -> None:
        PartFactory.create(key="ABCD")
        for path in (f"/parts/{key}", f"/parts/{key}/kits", f"/parts/{key}/kit-reservations"):
            response = api.get(path)
            assert (response.status_code, response.json()["details"]["code"]) == (404, "not_found")

    @pytest.mark.parametrize("path", ["attachments", "cover", "attachments/1"])
    def test_has_no_routes_of_the_old_system(self, api: ApiClient, path: str) -> None:
        part = PartFactory.create()
        assert api.get(f"/parts/{part.key}/{path}").status_code == 404
