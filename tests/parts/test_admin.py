"""Parts in the admin: finding them."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from attachments import services
from core import search
from parts import keys
from parts.models import Part, PartType
from tests.factories import PartFactory, PartTypeFactory, TagFactory

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/parts/part/"


class TestSaving:
    def test_a_new_part_has_its_key_type_and_tags(self, chief: Client) -> None:
        kind, tag = PartTypeFactory.create(), TagFactory.create(name="smd")
        chief.post(f"{LIST}add/", {"description": "Resistor", "type": kind.pk, "tags": [tag.pk]})
        part = Part.objects.get()
        assert (part.description, part.type, [row.name for row in part.tags.all()]) == ("Resistor", kind, ["smd"])
        assert len(part.key) == 4

    def test_only_what_was_typed_changes(self, chief: Client) -> None:
        part = PartFactory.create(description="Old", series="A")
        sent = {"description": "New", "series": "A", "tags": []}
        # Somebody else changes another field while the page is open.
        Part.objects.filter(pk=part.pk).update(package="DIP-8")
        chief.post(f"{LIST}{part.pk}/change/", {**sent, "package": "DIP-8"})
        part.refresh_from_db()
        assert (part.description, part.series, part.package) == ("New", "A", "DIP-8")

    def test_what_the_service_refuses_is_said_on_the_page(self, chief: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keys, "ALPHABET", "A")
        PartFactory.create()
        page = chief.post(f"{LIST}add/", {"description": "One too many"}).content.decode()
        assert "All four-letter part keys are in use" in page
        assert "One too many" in page
        assert Part.objects.count() == 1

    def test_types_are_renamed_and_deleted(self, chief: Client) -> None:
        kind = PartTypeFactory.create(name="Old")
        chief.post(f"/admin/parts/parttype/{kind.pk}/change/", {"name": "New"})
        kind.refresh_from_db()
        assert kind.name == "New"
        chosen = {"action": "delete_selected", "_selected_action": [kind.pk], "post": "yes"}
        chief.post("/admin/parts/parttype/", chosen)
        assert not PartType.objects.exists()

    def test_parts_are_deleted_one_by_one_and_together(self, chief: Client) -> None:
        first, *others = PartFactory.create_batch(3)
        chief.post(f"{LIST}{first.pk}/delete/", {"post": "yes"})
        chosen = {"action": "delete_selected", "_selected_action": [part.pk for part in others], "post": "yes"}
        chief.post(LIST, chosen)
        assert not Part.objects.exists()


class TestPartAdmin:
    def test_finds_by_key_code_and_tag(self, chief: Client) -> None:
        wanted = PartFactory.create(manufacturer_code="NE555P", description="Needle " + "x" * 100)
        wanted.tags.add(TagFactory.create(name="timer"))
        search.touch(wanted)
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
