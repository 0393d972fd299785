"""Files into a set: what is kept, what is refused, and what a refusal leaves behind, which is nothing."""

from typing import Any

import pytest
from django.core.files.base import ContentFile

from attachments import services
from attachments.models import Attachment, AttachmentSet
from cas.errors import EmptyFileError
from cas.storage import CASStorage
from cas.uploads import RefusedUpload
from tests.plugins.files import pdf, picture, sha256

pytestmark = pytest.mark.django_db


def attach(set_id: int, content: bytes, name: str = "photo.jpg", **fields: Any) -> Attachment:
    return services.attach_file(set_id=set_id, upload=ContentFile(content, name), **fields)


class TestAttachFile:
    @pytest.mark.parametrize(
        ("content", "kind", "content_type"),
        [
            (picture(), "image", "image/jpeg"),
            (picture(form="PNG"), "image", "image/png"),
            (picture(form="GIF"), "image", "image/gif"),
            (picture(form="WEBP"), "image", "image/webp"),
            (picture(form="AVIF"), "image", "image/avif"),
            (pdf(), "pdf", "application/pdf"),
        ],
        ids=["JPEG", "PNG", "GIF", "WebP", "AVIF", "PDF"],
    )
    def test_stores_the_bytes_and_what_they_are(
        self, set_id: int, store: CASStorage, content: bytes, kind: str, content_type: str
    ) -> None:
        # The name lies.
        attachment = attach(set_id, content, "letter.txt", title="A thing")

        attachment.refresh_from_db()
        assert attachment.attachment_type == kind
        assert attachment.content_type == content_type
        assert attachment.file_size == len(content)
        assert attachment.blob_id == sha256(content)
        assert (attachment.title, attachment.filename, attachment.legacy_key) == ("A thing", "letter.txt", "")
        with store.open_range(attachment.blob_id) as file:
            assert file.read() == content

    @pytest.mark.parametrize("title", ["", "   "])
    def test_is_titled_by_its_file_name(self, set_id: int, title: str) -> None:
        assert attach(set_id, picture(), "front view.jpg", title=title).title == "front view.jpg"

    def test_is_titled_by_the_name_that_its_download_has(self, set_id: int) -> None:
        attachment = attach(set_id, pdf(), "setup.bat")
        assert (attachment.title, attachment.filename) == ("setup.bat.pdf", "setup.bat")
        assert attach(set_id, pdf("Another"), "setup.bat", title="setup.bat").title == "setup.bat"

    def test_trims_the_title(self, set_id: int) -> None:
        assert attach(set_id, picture(), title="  Front ").title == "Front"

    def test_appends(self, set_id: int) -> None:
        rows = [
            attach(set_id, picture()),
            attach(set_id, pdf()),
            services.attach_link(set_id=set_id, url="http://a.de", title="A"),
        ]
        assert [row.position for row in rows] == [0, 1, 2]

    def test_appends_after_the_last_even_when_one_in_the_middle_went(self, set_id: int) -> None:
        rows = [attach(set_id, picture()) for _ in range(3)]
        rows[1].delete()
        assert attach(set_id, picture()).position == 3

    def test_makes_the_first_image_the_cover_and_no_later_one(self, set_id: int) -> None:
        attach(set_id, pdf())
        services.attach_link(set_id=set_id, url="https://example.com/photo.jpg", title="A photo")
        assert AttachmentSet.objects.get().cover_attachment is None
        first = attach(set_id, picture("red"))
        attach(set_id, picture("blue"))
        assert AttachmentSet.objects.get().cover_attachment == first

    def test_passes_the_refusal_of_the_upload_handler_on(self, set_id: int) -> None:
        with pytest.raises(EmptyFileError):
            services.attach_file(set_id=set_id, upload=RefusedUpload(EmptyFileError(), "x.jpg"))
