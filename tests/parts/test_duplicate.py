"""A duplicate of a part: the same fields, tags and attachments under its own key, and not a byte copied."""

from collections.abc import Callable

import pytest
from django.test import Client

from attachments import services as attachments
from parts import services
from parts.models import Part
from tests.factories import AttachmentFactory, PartFactory, PartTypeFactory, TagFactory
from tests.plugins.faults import Faults

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def part(db: None) -> Part:
    part = PartFactory.create(type=PartTypeFactory.create(), manufacturer_code="NE555", pin_count=8)
    part.tags.add(TagFactory.create(name="timer"))
    AttachmentFactory.create(image=True, owner=part, title="Front")
    back = AttachmentFactory.create(image=True, owner=part, title="Back")
    AttachmentFactory.create(pdf=True, owner=part, title="Datasheet")
    attachments.attach_link(set_id=part.attachment_set_id, url="https://example.com/", title="Maker")
    attachments.choose_cover(set_id=part.attachment_set_id, attachment_id=back.pk)
    return part


def titles(part: Part) -> list[str]:
    return [row.title for row in part.attachment_set.attachments.in_order()]


class TestDuplicatePart:
    def test_has_everything_but_the_key(self, part: Part, faults: Faults) -> None:
        copy = services.duplicate_part(part)
        copy.refresh_from_db()
        assert (copy.type, copy.manufacturer_code, copy.pin_count) == (part.type, "NE555", 8)
        assert [tag.name for tag in copy.tags.all()] == ["timer"]
        assert copy.key != part.key
        assert copy.attachment_set_id != part.attachment_set_id
        assert titles(copy) == titles(part) == ["Front", "Back", "Datasheet", "Maker"]
        cover = copy.attachment_set.cover_attachment
        assert cover is not None
        assert cover.title == "Back"
        assert faults.count("publish") == faults.count("open_range") == 0

    def test_lives_on_when_the_original_goes(self, part: Part) -> None:
        copy = services.duplicate_part(part)
        services.delete_part(part)
        copy.refresh_from_db()
        assert len(titles(copy)) == 4


class TestTheButton:
    def test_goes_on_with_the_duplicate(self, part: Part, chief: Client) -> None:
        assert "Duplicate" in chief.get(f"/admin/parts/part/{part.pk}/change/").content.decode()
        address = f"/admin/parts/part/{part.pk}/duplicate/"
        assert chief.get(address).status_code == 405
        response = chief.post(address, follow=True)
        copy = Part.objects.latest("pk")
        assert copy.pk != part.pk
        assert response.redirect_chain[-1][0] == f"/admin/parts/part/{copy.pk}/change/"
        assert f"the duplicate of {part.key}" in response.content.decode()
        assert chief.post("/admin/parts/part/999999/duplicate/").status_code == 404

    def test_needs_the_permissions_to_add(self, part: Part, staff: Callable[..., Client]) -> None:
        client = staff("parts.view_part", "parts.change_part", "parts.add_part")
        assert "duplicate/" not in client.get(f"/admin/parts/part/{part.pk}/change/").content.decode()
        assert client.post(f"/admin/parts/part/{part.pk}/duplicate/").status_code == 403
        assert Part.objects.count() == 1
