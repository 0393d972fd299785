"""Copying attachments to another owner, without JavaScript, and the search that the panel uses."""

from collections.abc import Callable

import pytest
from django.test import Client

from attachments.models import Attachment
from tests.attachments.admin.test_owner_page import messages
from tests.factories import AttachmentFactory, KitFactory, PartFactory

pytestmark = pytest.mark.django_db(transaction=True)

OWNERS = "/admin/attachments/attachment/owners/"
COPY = "/admin/attachments/attachment/copy/"


class TestOwners:
    def test_finds_parts_and_kits_but_not_the_one_itself(self, chief: Client) -> None:
        part = PartFactory.create(description="Blue lamp")
        kit = KitFactory.create(name="Lamp kit")
        PartFactory.create(description="Resistor")
        found = chief.get(OWNERS, {"q": "lamp"}).json()
        assert [(row["kind"], row["attachment_set_id"]) for row in found] == [
            ("part", part.attachment_set_id),
            ("kit", kit.attachment_set_id),
        ]
        assert found[1] == {
            "attachment_set_id": kit.attachment_set_id,
            "kind": "kit",
            "name": "Lamp kit",
            "cover_url": None,
        }
        assert len(chief.get(OWNERS, {"q": "lamp", "except": str(part.attachment_set_id)}).json()) == 1
        assert len(chief.get(OWNERS, {"except": "x"}).json()) == 3

    def test_only_what_the_person_may_see(self, staff: Callable[..., Client]) -> None:
        PartFactory.create(description="Lamp")
        KitFactory.create(name="Lamp")
        client = staff("kits.view_kit", "attachments.add_attachment")
        assert [row["kind"] for row in client.get(OWNERS, {"q": "lamp"}).json()] == ["kit"]

    def test_needs_the_permission_to_add(self, staff: Callable[..., Client]) -> None:
        client = staff("parts.view_part")
        assert client.get(OWNERS).status_code == 403
        assert client.get(COPY).status_code == 403


class TestCopyPage:
    def test_copies_a_selection_and_tells_what_was_there(self, chief: Client) -> None:
        first, second = PartFactory.create_batch(2)
        image = AttachmentFactory.create(image=True, owner=first, title="Front")
        AttachmentFactory.create(link=True, owner=second, title="Maker")
        kit = KitFactory.create(name="Lamp")
        selection = {"action": "copy_attachments", "_selected_action": [first.pk, second.pk]}
        page = chief.post("/admin/parts/part/", selection).content.decode()
        assert "Copy 2 attachments" in page
        numbers = list(Attachment.objects.order_by("id").values_list("pk", flat=True))
        form = {"attachment": numbers, "q": "lamp", "back": "/admin/parts/part/"}
        assert f'value="{kit.attachment_set_id}"' in chief.post(COPY, form).content.decode()
        choice = {**form, "copy": "1", "target": kit.attachment_set_id}
        response = chief.post(COPY, choice, follow=True)
        assert response.redirect_chain[0][0] == "/admin/parts/part/"
        assert "2 attachments were copied." in messages(response)
        assert Attachment.objects.filter(attachment_set=kit.attachment_set, blob=image.blob).exists()
        again = messages(chief.post(COPY, choice, follow=True))
        assert len([text for text in again if "is here already" in text]) == 2

    def test_goes_back_to_no_strangers_page(self, chief: Client) -> None:
        image = AttachmentFactory.create(image=True)
        target = PartFactory.create().attachment_set_id
        for back in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
            form = {"attachment": image.pk, "copy": "1", "target": target, "back": back}
            assert chief.post(COPY, form)["Location"] == "/admin/"

    def test_an_unknown_target_and_an_empty_selection_are_told(self, chief: Client) -> None:
        image = AttachmentFactory.create(image=True)
        form = {"attachment": image.pk, "copy": "1", "target": "999999"}
        assert any("no such attachment set" in text for text in messages(chief.post(COPY, form, follow=True)))
        part = PartFactory.create()
        selection = {"action": "copy_attachments", "_selected_action": [part.pk]}
        response = chief.post("/admin/parts/part/", selection, follow=True)
        assert "The selection has no attachments." in messages(response)
