"""The list of parts: finding one among very many."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parts.models import Part
from parts.services import create_part
from tests.factories import AttachmentFactory, PartFactory, PartTypeFactory, TagFactory

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/parts/part/"


@pytest.fixture
def found(chief: Client) -> Callable[..., list[str]]:
    """The descriptions of the parts that the list shows for this query."""

    def ask(**query: str) -> list[str]:
        rows: list[Part] = chief.get(LIST, query).context["cl"].result_list
        return [part.description for part in rows]

    return ask


class TestSearch:
    def test_by_file_name_and_hash(self, found: Callable[..., list[str]]) -> None:
        part = PartFactory.create(description="Needle")
        sheet = AttachmentFactory.create(pdf=True, owner=part)
        AttachmentFactory.create(pdf=True, owner=PartFactory.create(description="Hay"))
        for words in (sheet.filename, sheet.filename.upper()[:-4], str(sheet.blob_id), str(sheet.blob_id)[:10].upper()):
            assert found(q=words) == ["Needle"], words
        assert found(q=f"needle {sheet.filename}") == ["Needle"]
        assert found(q=f"hay {sheet.filename}") == []
        assert found(q=str(sheet.blob_id)[:5]) == []

    def test_the_part_whose_key_it_is_comes_first(self, found: Callable[..., list[str]]) -> None:
        named = PartFactory.create(description="Named")
        PartFactory.create(description=f"Fits {named.key}")
        assert found(q=named.key.lower()) == ["Named", f"Fits {named.key}"]

    def test_finds_each_once_and_shrugs_at_odd_words(self, found: Callable[..., list[str]]) -> None:
        create_part(description="Lamp lamp", tags=["lamp-1", "lamp-2"])
        assert found(q="lamp") == ["Lamp lamp"]
        for words in ("%", "_", "'", '"', "\\", "\x00", "lamp " * 100):
            assert found(q=words) in ([], ["Lamp lamp"])


class TestFilters:
    def test_by_type_tag_and_what_is_missing(self, found: Callable[..., list[str]]) -> None:
        timer = PartTypeFactory.create(name="Timer")
        bare = PartFactory.create(description="Bare", type=timer)
        bare.tags.add(TagFactory.create(name="smd"))
        AttachmentFactory.create(image=True, owner=PartFactory.create(description="Shown"))
        AttachmentFactory.create(pdf=True, owner=PartFactory.create(description="Described"))
        assert found(type__id__exact=str(timer.pk)) == ["Bare"]
        assert found(tag="smd") == ["Bare"]
        assert found(tag="nothing has it") == []
        assert found(picture="no") == ["Described", "Bare"]
        assert found(datasheet="no") == ["Shown", "Bare"]
        assert found(datasheet="yes") == ["Described"]
        assert found(datasheet="nothing") == ["Bare"]

    def test_offers_a_bounded_number_of_types_and_tags(self, chief: Client) -> None:
        last = [PartTypeFactory.create(name=f"Type {number:03}") for number in range(60)][-1]
        TagFactory.create_batch(60)
        page = chief.get(LIST, {"type__id__exact": str(last.pk)}).content.decode()
        assert "Type 059" in page
        assert "Type 050" not in page
        assert page.count("?tag=") + page.count("&amp;tag=") <= 41


class TestPicture:
    def test_is_the_first_page_of_a_datasheet_without_a_cover(self, chief: Client) -> None:
        part = PartFactory.create()
        sheet = AttachmentFactory.create(pdf=True, owner=part)
        AttachmentFactory.create(pdf=True, owner=part)
        page = chief.get(LIST).content.decode()
        assert f"/api/cas/{sheet.blob_id}?thumbnail=500" in page
        assert '<td class="field-files">2</td>' in page


class TestVeryMany:
    def test_are_not_counted(self, chief: Client) -> None:
        newest = PartFactory.create_batch(8)[::-1]
        from parts.admin import PartAdmin

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(PartAdmin, "list_per_page", 1)
            patch.setattr("core.admin.lists._PAGES_AHEAD", 2)
            with CaptureQueriesContext(connection) as queries:
                response = chief.get(LIST)
            page = response.content.decode()
            assert "more than\n  3\n" in page or "more than 3" in " ".join(page.split())
            assert response.context["cl"].is_capped
            assert not [query["sql"] for query in queries if "COUNT(*)" in query["sql"]]
            looked_at = [query["sql"] for query in queries if 'FROM "parts_part"' in query["sql"]]
            assert "LIMIT 4" in looked_at[0]
            # Nobody acts on rows that the page has not counted.
            assert "Select all 3" not in page
            for number in range(1, 9):
                assert len(chief.get(LIST, {"p": str(number)}).context["cl"].result_list) == 1
            assert not chief.get(LIST, {"p": "6"}).context["cl"].is_capped
            assert [part.pk for part in chief.get(LIST, {"p": "3"}).context["cl"].result_list] == [newest[2].pk]
            assert chief.get(LIST, {"p": "99999"}).status_code == 302
            assert len(chief.get(LIST, {"p": "99999", "all": ""}).context["cl"].result_list) == 3
