"""Parts over HTTP."""

import re
from typing import Any

import pytest

from attachments.content_urls import cover_url
from attachments.models import Attachment, AttachmentSet
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

    def test_is_by_id_fifty_at_a_time(self, api: ApiClient) -> None:
        made = [part.key for part in PartFactory.create_batch(53)]
        response = api.get("/parts")
        assert [row["key"] for row in response.json()] == made[:50]
        assert response["X-Total-Count"] == "53"
        assert '<http://testserver/api/parts?limit=50&offset=50>; rel="next"' in response["Link"]

    def test_can_be_read_a_thousand_at_a_time(self, api: ApiClient) -> None:
        PartFactory.create_batch(53)
        response = api.get("/parts?limit=1000")
        assert len(response.json()) == 53
        assert 'rel="next"' not in response["Link"]

    def test_is_read_to_its_end_by_following_the_links(self, api: ApiClient) -> None:
        made = [part.key for part in PartFactory.create_batch(7)]
        seen = []
        address: str | None = "/parts?limit=3&q=resistor"
        while address:
            response = api.get(address)
            seen += [row["key"] for row in response.json()]
            following = re.search(r'<http://testserver([^>]*)>; rel="next"', response["Link"])
            address = following and following[1]
        assert seen == made

    @pytest.mark.parametrize("query", ["limit=1001", "limit=0", "limit=x", "offset=-1"])
    def test_refuses_other_pages(self, api: ApiClient, query: str) -> None:
        response = api.get(f"/parts?{query}")
        assert response.status_code == 400
        assert list(response.json()["details"]["fields"]) == [query.partition("=")[0]]

    @pytest.mark.parametrize("query", ["", "include=kits", "include=cover,locations,kits,shopping_lists", "q=resistor"])
    def test_takes_as_many_queries_for_many_as_for_one(self, api: ApiClient, query: str) -> None:
        part_type = PartTypeFactory.create()

        def queries_for(*, parts: int) -> int:
            for _ in range(parts):
                part = create_part(description="A resistor", type=part_type, tags=["film", "axial"])
                row = AttachmentFactory.create(legacy=True, owner=part)
                AttachmentSet.objects.filter(pk=part.attachment_set_id).update(cover_attachment=row)
                KitContentFactory.create(part=part)
            return queries_of(lambda: api.get(f"/parts?{query}"))

        assert queries_for(parts=1) == queries_for(parts=49)
        assert len(api.get("/parts").json()) == 50

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
            ("description", None),
            ("description", " "),
            ("description", 7),
            ("description", "nul\x00"),
            ("description", "escape\x1b[0m"),
            ("description", "x" * 10_001),
            ("manufacturer", "two\nlines"),
            ("manufacturer", ["Onsemi"]),
            ("package", "x" * 101),
            ("product_page", "example"),
            ("product_page", "javascript:alert(1)"),
            ("pin_count", 0),
            ("pin_count", -1),
            ("pin_count", 10**20),
            ("pin_count", "8"),
            ("pin_count", 8.5),
            ("type_id", 4711),
            ("type_id", 10**20),
            ("type_id", True),
            ("type_id", "1"),
            ("tags", "timer"),
            ("tags", [""]),
            ("tags", ["x" * 51]),
            ("tags", ["two\nlines"]),
            ("tags", [1]),
            ("tags", ["t"] * 101),
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

    @pytest.mark.parametrize("body", ['{"description": "x", "type_id": 1e400}', "{", "[]", "null", '"text"', ""])
    def test_refuses_other_bodies(self, api: ApiClient, body: str) -> None:
        assert api.post("/parts", body).status_code == 400
        assert not Part.objects.exists()

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


class TestDelete:
    def test_takes_the_attachments_along(self, api: ApiClient) -> None:
        part = PartFactory.create()
        AttachmentFactory.create(image=True, owner=part)
        response = api.delete(f"/parts/{part.key}")
        assert (response.status_code, response.content) == (204, b"")
        assert not Attachment.objects.exists()
        assert not AttachmentSet.objects.exists()
        assert api.delete(f"/parts/{part.key}").status_code == 404

    def test_of_a_part_that_kits_use_names_them(self, api: ApiClient) -> None:
        part = PartFactory.create()
        for name in ("Radio", "Clock"):
            KitContentFactory.create(part=part, kit__name=name)
        response = api.delete(f"/parts/{part.key}")
        assert (response.status_code, response.json()["details"]["code"]) == (409, "part_in_use")
        assert response.json()["error"].endswith("it is used by kit Clock, kit Radio.")
        assert Part.objects.get() == part


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

    def test_with_a_slash_more_does_not_exist(self, api: ApiClient) -> None:
        part = PartFactory.create()
        assert api.get(f"/parts/{part.key}/").status_code == 404
        assert api.get("/parts/").status_code == 404

    @pytest.mark.parametrize("path", ["attachments", "cover", "attachments/1"])
    def test_has_no_routes_of_the_old_system(self, api: ApiClient, path: str) -> None:
        part = PartFactory.create()
        assert api.get(f"/parts/{part.key}/{path}").status_code == 404
