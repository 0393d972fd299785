"""What a list of parts can be narrowed by."""

import pytest

from parts.models import Part
from parts.services import create_part
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, KitFactory, PartFactory, PartTypeFactory

pytestmark = pytest.mark.django_db


def found(client: ApiClient, **query: object) -> list[str]:
    """The keys of the parts that the query finds, all on one page."""
    response = client.get("/parts", query)
    assert response.status_code == 200
    keys = [row["key"] for row in response.json()]
    assert response.headers["X-Total-Count"] == str(len(keys))
    return keys


class TestSearch:
    @pytest.fixture(autouse=True)
    def parts(self, db: None) -> None:
        """A diode and a resistor."""
        create_part(
            key="DIOD",
            description="Fast switching diode 100 %",
            manufacturer_code="1N4148",
            manufacturer="Onsemi",
            type=PartTypeFactory.create(name="Semiconductor"),
            tags=["through-hole", "signal"],
        )
        create_part(key="RESI", description="Film resistor", tags=["through-hole", "film"])

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("DIOD", ["DIOD"]),
            ("diod", ["DIOD"]),
            ("SWITCHING", ["DIOD"]),
            ("4148", ["DIOD"]),
            ("onsemi", ["DIOD"]),
            ("semicond", ["DIOD"]),
            ("signal", ["DIOD"]),
            ("through-hole", ["RESI", "DIOD"]),
            ("film", ["RESI"]),
            ("fast onsemi signal", ["DIOD"]),
            ("fast film", []),
            ("  ", ["DIOD", "RESI"]),
            ("", ["DIOD", "RESI"]),
            ("100 %", ["DIOD"]),
            ("_", []),
        ],
    )
    def test_finds_every_word_somewhere_in_the_part(self, api: ApiClient, words: str, expected: list[str]) -> None:
        assert found(api, q=words) == expected

    @pytest.mark.parametrize("words", ["x" * 201, "nul\x00"])
    def test_refuses_other_texts(self, api: ApiClient, words: str) -> None:
        response = api.get("/parts", {"q": words})
        assert response.status_code == 400
        assert list(response.json()["details"]["fields"]) == ["q"]


class TestTag:
    def test_is_the_whole_word(self, api: ApiClient) -> None:
        create_part(key="AAAA", description="x", tags=["fast", "small"])
        create_part(key="BBBB", description="x", tags=["faster"])
        assert found(api, tag="fast") == ["AAAA"]
        assert found(api, tag="slow") == []


class TestType:
    def test_is_its_number(self, api: ApiClient) -> None:
        diode, resistor = PartTypeFactory.create_batch(2)
        part = PartFactory.create(type=diode)
        PartFactory.create()
        assert found(api, type_id=diode.pk) == [part.key]
        assert found(api, type_id=resistor.pk) == []
        assert found(api, type_id=10**20) == []

    @pytest.mark.parametrize("number", ["x", "1.5", "NaN", "1e999999999", "nul\x00"])
    def test_refuses_what_is_no_number(self, api: ApiClient, number: str) -> None:
        response = api.get("/parts", {"type_id": number})
        assert response.status_code == 400
        assert list(response.json()["details"]["fields"]) == ["type_id"]


class TestHasAttachments:
    def test_tells_those_with_from_those_without(self, api: ApiClient) -> None:
        attached = AttachmentFactory.create(link=True).attachment_set.part
        AttachmentFactory.create(link=True, owner=attached)
        AttachmentFactory.create(link=True, owner=KitFactory.create())
        bare = PartFactory.create()
        assert found(api, has_attachments="true") == [attached.key]
        assert found(api, has_attachments="false") == [bare.key]
        assert found(api) == [attached.key, bare.key]


@pytest.mark.parametrize("query", [{"tag": "small"}, {"has_attachments": "false"}, {"tag": "small", "q": "diode"}])
def test_pages_have_each_part_once(api: ApiClient, query: dict[str, str]) -> None:
    for _ in range(2):
        create_part(description="A diode", tags=["through-hole"])
        create_part(description="A diode", tags=["small", "fast"])
    keys = found(api, **query)
    pages = [api.get("/parts", {**query, "limit": 1, "offset": offset}) for offset in range(len(keys) + 1)]
    assert [[row["key"] for row in page.json()] for page in pages] == [*([key] for key in keys), []]
    assert {page.headers["X-Total-Count"] for page in pages} == {str(len(keys))}


def test_filters_narrow_each_other(api: ApiClient) -> None:
    part_type = PartTypeFactory.create()
    wanted = create_part(description="Fast diode", type=part_type, tags=["small"])
    create_part(description="Fast diode", tags=["small"])
    create_part(description="Slow diode", type=part_type, tags=["small"])
    create_part(description="Fast diode", type=part_type)
    assert found(api, type_id=part_type.pk, tag="small", q="fast", has_attachments="false") == [wanted.key]
    assert Part.objects.count() == 4


@pytest.mark.parametrize("value", ["banana", "yes", "1", "null", "true,false"])
@pytest.mark.parametrize(("path", "name"), [("/parts", "has_attachments"), ("/types", "include_stats")])
def test_yes_and_no_are_true_or_false(api: ApiClient, path: str, name: str, value: str) -> None:
    response = api.get(path, {name: value})
    assert response.status_code == 400
    assert response.json()["error"] == f"{name}: Must be true or false."


def test_has_attachments_may_be_blank_or_spelled_in_capitals(api: ApiClient) -> None:
    part = AttachmentFactory.create(link=True).attachment_set.owner
    assert isinstance(part, Part)
    assert found(api, has_attachments="") == found(api, has_attachments="True") == [part.key]
