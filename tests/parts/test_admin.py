"""Parts in the admin: finding them."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from attachments import services
from tests.factories import PartFactory, PartTypeFactory, TagFactory

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/parts/part/"


class TestPartAdmin:
    def test_finds_by_key_code_and_tag(self, chief: Client) -> None:
        wanted = PartFactory.create(manufacturer_code="NE555P", description="Needle " + "x" * 100)
        wanted.tags.add(TagFactory.create(name="timer"))
        PartFactory.create(description="Hay")
        for words in (wanted.key, "ne555", "timer"):
            page = chief.get(LIST, {"q": words}).content.decode()
            assert "Needle" in page
            assert "Hay" not in page

    @pytest.mark.parametrize("kind", ["picture", "datasheet"])
    def test_finds_what_lacks_a_picture_or_a_datasheet(
        self,
        chief: Client,
        kind: str,
        photo: Callable[..., SimpleUploadedFile],
        datasheet: Callable[..., SimpleUploadedFile],
    ) -> None:
        having, lacking = PartFactory.create(description="Having"), PartFactory.create(description="Lacking")
        for part, upload in (
            (having, photo if kind == "picture" else datasheet),
            (lacking, datasheet if kind == "picture" else photo),
        ):
            services.attach_file(set_id=part.attachment_set_id, upload=upload())
        for choice, there, not_there in (("yes", "Having", "Lacking"), ("no", "Lacking", "Having")):
            page = chief.get(LIST, {kind: choice}).content.decode()
            assert there in page
            assert not_there not in page

    def test_types_and_tags_say_how_many_parts_they_have(self, chief: Client) -> None:
        part = PartFactory.create(type=PartTypeFactory.create(name="Timer"))
        part.tags.add(TagFactory.create(name="dip"))
        for page in ("/admin/parts/parttype/", "/admin/parts/tag/"):
            assert '<td class="field-part_total">1</td>' in chief.get(page).content.decode()
