"""The same hits, in the same order, on every database."""

import pytest

from attachments import services as attachments
from core import search
from core.search.hits import Hits
from core.search.models import SearchEntry
from kits.models import Kit
from parts import services
from parts.models import Part
from parts.services import create_part
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, KitFactory, PartFactory

pytestmark = pytest.mark.django_db


def found(query: str) -> list[str]:
    """The keys of the parts that are found, in order: by the rows, and by the index, with many entries and with few."""
    parts = Part.objects.order_by("pk")
    rows = list(search.find(parts, query))
    for limits in ({}, {"most_looked_at": 0}, {"most_read": 0}):
        with pytest.MonkeyPatch.context() as patch:
            for name, limit in limits.items():
                patch.setattr(Hits, name, limit)
            page = search.keys(parts, query)
            assert (list(page[0:50]), page.count()) == ([part.pk for part in rows], len(rows))
    return [part.key for part in rows]


@pytest.fixture
def shelf() -> None:
    """Some parts, the oldest first."""
    create_part(key="LOGI", description="Shift register", manufacturer_code="74HC595", package="SM-16", tags=["smd"])
    create_part(key="CAPA", description="Kondensator 47 µF, 3,3 V", manufacturer="O'Brien")
    create_part(key="RESI", description="Widerstände 10 kΩ", series="電阻器")
    create_part(key="OTHE", description="Goes with 595 and RESI")


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("595", ["OTHE", "LOGI"]),
        ("74hc sm", ["LOGI"]),
        ("smd", ["LOGI"]),
        ("μ", ["CAPA"]),
        ("µf", ["CAPA"]),
        ("3.3", ["CAPA"]),
        ("o'b", ["CAPA"]),
        ("k\u2126", ["RESI"]),
        ("WIDERSTÄNDE", ["RESI"]),
        ("widersta\u0308nde", ["RESI"]),
        ("阻", ["RESI"]),
        ("resi", ["RESI", "OTHE"]),
        ("sistor", []),
        ("logi capa", []),
        ("%", []),
        ("' OR 1=1 --", []),
        ('"a* NEAR(', []),
        (":* & !zz", []),
        (" ", ["LOGI", "CAPA", "RESI", "OTHE"]),
    ],
)
def test_words_find(query: str, expected: list[str]) -> None:
    assert found(query) == expected


def test_the_exact_key_then_the_code_then_its_beginning_then_the_newest() -> None:
    create_part(key="CODE", description="x", manufacturer_code="BC547")
    create_part(key="LONG", description="x", manufacturer_code="BC547-B")
    create_part(key="WORD", description="instead of a BC547")
    create_part(key="BCFF", description="x", manufacturer_code="another")
    create_part(key="NEWE", description="like BCFF and bc-547")
    assert found("bc547") == ["CODE", "LONG", "NEWE", "WORD"]
    assert found("bc-547-b") == ["LONG", "NEWE", "WORD", "CODE"]
    assert found("bcff") == ["BCFF", "NEWE"]


class TestFiles:
    def test_find_their_owner_together_with_its_own_words(self) -> None:
        part = PartFactory.create(description="Timer")
        sheet = AttachmentFactory.create(pdf=True, owner=part, title="Application note")
        AttachmentFactory.create(link=True, owner=part, title="Shop", url="https://mouser.example/NE555")
        other = PartFactory.create(description="Timer too")
        assert found("timer note") == found(str(sheet.filename)) == found(str(sheet.blob_id)[:6]) == [part.key]
        attachments.rename(set_id=part.attachment_set_id, attachment_id=sheet.pk, title="Errata")
        assert found("errata") == [part.key]
        assert found("application") == []
        attachments.copy(attachment_id=sheet.pk, target_set_id=other.attachment_set_id)
        assert found("errata") == [other.key, part.key]
        attachments.detach(set_id=part.attachment_set_id, attachment_id=sheet.pk)
        assert found("errata") == [other.key]

    def test_are_found_by_their_own_text_alone(self) -> None:
        part = PartFactory.create(description="Timer")
        sheet, note = (AttachmentFactory.create(pdf=True, owner=part, title=title) for title in ("Sheet", "Note"))
        rows = part.attachment_set.attachments.order_by("pk")
        assert list(search.find_belongings(rows, ["sheet", "1"][0])) == [sheet]
        assert list(search.find_belongings(rows, str(note.blob_id)[:8])) == [note]
        assert list(search.find_belongings(rows, "timer")) == []
        assert list(search.find_belongings(rows, " ")) == [sheet, note]


def test_another_name_of_a_type_or_tag_is_found(django_capture_on_commit_callbacks: object) -> None:
    resistor = services.create_type(name="Resistor")
    part = create_part(description="x", type=resistor, tags=["smd"])
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        services.rename_type(resistor, name="Widerstand")
        services.rename_tag(part.tags.get(), name="bedrahtet")
    assert found("widerstand bedrahtet") == [part.key]
    assert found("resistor") == found("smd") == []
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        part.tags.get().delete()
    assert found("bedrahtet") == []


def test_kits_are_found_by_name_and_description(api: ApiClient) -> None:
    old, new = KitFactory.create(name="Radio", description="Two µF"), KitFactory.create(name="Radio II")
    assert list(search.find(Kit.objects.all(), "radio")) == [old, new]
    assert [row["name"] for row in api.get("/kits", {"query": "μf"}).json()] == ["Radio"]


def test_what_is_deleted_leaves_no_entry() -> None:
    part, kit = PartFactory.create(), KitFactory.create()
    AttachmentFactory.create(link=True, owner=part)
    Part.objects.all().delete()
    kit.delete()
    assert not SearchEntry.objects.exists()
