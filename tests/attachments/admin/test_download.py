"""The attachments of a selection as one ZIP."""

import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from django.test import Client

from tests.factories import AttachmentFactory, KitFactory, PartFactory
from tests.plugins.files import picture

pytestmark = pytest.mark.django_db(transaction=True)


class TestDownloadAttachments:
    def test_has_a_folder_for_each_owner(self, staff: Callable[..., Client]) -> None:
        first = PartFactory.create(manufacturer_code="NE555")
        second = PartFactory.create(manufacturer_code="NE556 / TI")
        AttachmentFactory.create(image=True, owner=first, content=picture(), filename="front.jpg")
        AttachmentFactory.create(pdf=True, owner=second)
        client = staff("parts.view_part")
        selection = {"action": "download_attachments", "_selected_action": [first.pk, second.pk]}
        response = client.post("/admin/parts/part/", selection)
        assert response["Content-Type"] == "application/zip"
        data = response.getvalue()
        assert int(response["Content-Length"]) == len(data)
        archive = zipfile.ZipFile(BytesIO(data))
        assert archive.testzip() is None
        folders = {name.split("/")[0] for name in archive.namelist() if "/" in name}
        assert folders == {f"{first.key} NE555", f"{second.key} NE556 - TI"}
        assert archive.read(f"{first.key} NE555/front.jpg") == picture()

    def test_says_when_there_is_nothing(self, chief: Client) -> None:
        kit = KitFactory.create()
        selection = {"action": "download_attachments", "_selected_action": [kit.pk]}
        page = chief.post("/admin/kits/kit/", selection, follow=True).content.decode()
        assert "The selection has no attachments." in page
