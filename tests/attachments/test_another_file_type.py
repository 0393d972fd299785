"""An allowed file type is one entry: what else knows of types follows from it."""

import re
import zipfile
from contextlib import closing
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from pytest_django import Settings

from attachments import services
from attachments.admin.panel import AttachmentPanel
from attachments.archives import archive
from attachments.content_urls import links_of
from attachments.models import Attachment, AttachmentSet
from attachments.permissions import Permissions
from cas.errors import ImageRefusedError
from cas.media.filetypes import BY_CONTENT_TYPE, FileType, allowed_types
from parts.models import Part
from tests.plugins.files import picture
from tests.plugins.web import Web

pytestmark = pytest.mark.django_db

BMP = FileType("image/bmp", "image", "BMP picture", "BMP", (".bmp", ".dib"), re.compile(rb"BM").match, pixel_share=0.5)


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BY_CONTENT_TYPE, BMP.content_type, BMP)


def attach(set_id: int, data: bytes, name: str = "scan") -> Attachment:
    return services.attach_file(set_id=set_id, upload=ContentFile(data, name))


def downloaded(client: Client, url: str | None) -> tuple[Any, bytes]:
    """Headers and body."""
    with closing(client.get(url or "")) as answer:
        assert answer.status_code == 200
        return answer.headers, b"".join(answer)


class TestAnotherType:
    def test_is_kept_and_shown(self, set_id: int, client: Client) -> None:
        drawn = picture(form="BMP")
        attachment = attach(set_id, drawn)
        assert (attachment.attachment_type, attachment.content_type) == ("image", "image/bmp")
        assert AttachmentSet.objects.get(pk=set_id).cover_attachment_id == attachment.pk
        links = links_of(attachment)
        headers, content = downloaded(client, links.attachment_url)
        assert (headers["Content-Type"], headers["Content-Disposition"]) == ("image/bmp", 'inline; filename="scan.bmp"')
        assert content == drawn
        headers, _ = downloaded(client, links.thumbnail_url)
        assert headers["Content-Type"] == "image/jpeg"

    def test_may_be_one_that_browsers_only_save(
        self, set_id: int, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(BY_CONTENT_TYPE, BMP.content_type, replace(BMP, is_shown=False))
        links = links_of(attach(set_id, picture(form="BMP")))
        shown, _ = downloaded(client, links.attachment_url)
        assert shown["Content-Type"] == "image/jpeg"
        headers, _ = downloaded(client, (links.download_url or "").removesuffix("&disposition=attachment"))
        assert headers["Content-Disposition"] == 'attachment; filename="scan.bmp"'

    def test_has_its_limits(self, set_id: int, settings: Settings) -> None:
        settings.MAX_IMAGE_PIXELS = 2 * 320 * 200 - 1
        with pytest.raises(ImageRefusedError, match=r"This BMP picture has 320 × 200 pixels"):
            attach(set_id, picture(form="BMP"))
        with pytest.raises(ImageRefusedError, match=r"damaged or incomplete"):
            attach(set_id, picture(form="BMP", size=(20, 20))[:-100])

    def test_is_among_those_that_a_refusal_and_the_admin_name(self) -> None:
        assert "HEIC and BMP pictures" in allowed_types()
        panel = AttachmentPanel(Part(), Permissions(add=True))
        assert allowed_types() in panel.fields["files"].help_text
        assert "image/bmp" in panel.data_attributes["pictures"].split()

    @pytest.mark.parametrize(("path", "name"), [("/scan", "scan.bmp"), ("/scan.DIB", "scan.DIB")])
    def test_is_fetched_and_packed_under_a_fitting_name(self, set_id: int, web: Web, path: str, name: str) -> None:
        attachment = services.attach_link(set_id=set_id, url=web.serve(path, picture(form="BMP"), "image/x-bmp"))
        assert (attachment.attachment_type, attachment.filename) == ("image", name)
        packed = archive([attachment, attach(set_id, picture("blue", form="BMP"), "photo")])
        with zipfile.ZipFile(BytesIO(b"".join(packed))) as files:
            assert files.namelist() == [name, "photo.bmp", "manifest.json"]
