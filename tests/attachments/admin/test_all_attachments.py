"""The list of all attachments, whoever owns them."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from attachments import services
from tests.factories import KitFactory, PartFactory

pytestmark = pytest.mark.django_db(transaction=True)

Make = Callable[..., SimpleUploadedFile]
LIST = "/admin/attachments/attachment/"


class TestAttachmentAdmin:
    def test_leads_to_the_owners(self, chief: Client, photo: Make) -> None:
        part, kit = PartFactory.create(), KitFactory.create()
        for owner in (part, kit):
            services.attach_file(set_id=owner.attachment_set_id, upload=photo())
        page = chief.get(LIST).content.decode()
        assert f"/admin/parts/part/{part.pk}/change/" in page
        assert f"/admin/kits/kit/{kit.pk}/change/" in page

    def test_renames_and_nothing_else(self, chief: Client, photo: Make) -> None:
        part = PartFactory.create()
        image = services.attach_file(set_id=part.attachment_set_id, upload=photo())
        chief.post(
            f"{LIST}{image.pk}/change/",
            {"title": "Front", "kind": "photo", "filename": "evil.exe", "legacy_key": "parts/1/x"},
        )
        image.refresh_from_db()
        assert (image.title, image.filename, image.legacy_key) == ("Front", "photo.jpg", "")

    def test_cannot_add(self, chief: Client) -> None:
        assert chief.get(f"{LIST}add/").status_code == 403

    def test_finds_by_hash(self, chief: Client, photo: Make, datasheet: Make) -> None:
        part = PartFactory.create()
        image = services.attach_file(set_id=part.attachment_set_id, upload=photo(), title="Needle")
        services.attach_file(set_id=part.attachment_set_id, upload=datasheet(), title="Hay")
        page = chief.get(LIST, {"q": str(image.blob_id)[:12]}).content.decode()
        assert "Needle" in page
        assert "Hay" not in page


class TestBlobAdmin:
    def test_says_who_uses_it_and_cannot_be_changed(self, chief: Client, photo: Make) -> None:
        part, kit = PartFactory.create(), KitFactory.create()
        image = services.attach_file(set_id=part.attachment_set_id, upload=photo(), title="Shared")
        services.copy(attachment_id=image.pk, target_set_id=kit.attachment_set_id)
        address = f"/admin/cas/blob/{image.blob_id}/"
        page = chief.get(f"{address}change/").content.decode()
        assert f"Shared ({part})" in page
        assert f"Shared ({kit})" in page
        assert chief.post(f"{address}change/", {"size": "1"}).status_code == 403
        assert chief.post(f"{address}delete/", {"post": "yes"}).status_code == 403
