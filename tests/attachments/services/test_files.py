"""Files into a set: what is kept, what is refused, and what a refusal leaves behind, which is nothing."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile

from attachments import services
from attachments.errors import AttachmentSetNotFoundError
from attachments.models import Attachment, AttachmentSet
from cas.errors import ContentBusyError, EmptyFileError, FileTypeNotAllowedError, StorageUnavailableError
from cas.models import Blob, Purge
from cas.storage import CASStorage
from cas.uploads import RefusedUpload
from core.errors import InventoryError
from tests.attachments.conftest import TOO_LARGE
from tests.factories import KitFactory
from tests.plugins.faults import Faults
from tests.plugins.files import pdf, picture, sha256

pytestmark = pytest.mark.django_db


def attach(set_id: int, content: bytes, name: str = "photo.jpg", **fields: Any) -> Attachment:
    return services.attach_file(set_id=set_id, upload=ContentFile(content, name), **fields)


def an_archive() -> bytes:
    output = BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("photo.jpg", b"x")
    return output.getvalue()


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

    def test_trims_the_title(self, set_id: int) -> None:
        assert attach(set_id, picture(), title="  Front ").title == "Front"

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("../../etc/photo.jpg", "photo.jpg"),
            ("C:\\Users\\me\\photo.jpg", "photo.jpg"),
            ("pho\u202eto\x00\n.jpg", "photo.jpg"),
            ("...", "file"),
            ("x" * 300 + ".jpg", "x" * 251 + ".jpg"),
            ("Übersicht ½.jpg", "Übersicht ½.jpg"),
        ],
    )
    def test_cleans_the_file_name(self, set_id: int, sent: str, kept: str) -> None:
        attachment = attach(set_id, picture(), sent)
        assert (attachment.filename, attachment.title) == (kept, kept)

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

    def test_keeps_equal_bytes_once(self, set_id: int, faults: Faults, stored: Callable[[], list[str]]) -> None:
        first, second = attach(set_id, picture()), attach(KitFactory.create().attachment_set_id, picture(), "b.jpg")
        assert first.blob_id == second.blob_id
        assert stored() == [first.blob_id]
        assert faults.count("publish") == 1

    def test_sends_bytes_again_that_the_store_lost(self, set_id: int, store: CASStorage) -> None:
        digest = sha256(picture())
        attach(set_id, picture())
        store.remove(digest)
        attach(set_id, picture())
        assert store.stat(digest) is not None

    @pytest.mark.parametrize(
        ("content", "error", "words"),
        [
            (b"", EmptyFileError, "empty"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", FileTypeNotAllowedError, "an SVG drawing"),
            (b"<!doctype html><script>alert(1)</script>", FileTypeNotAllowedError, "an HTML page"),
            (an_archive(), FileTypeNotAllowedError, "a ZIP archive"),
            (b"MZ" + bytes(100), FileTypeNotAllowedError, "a Windows program"),
            (b"just words", FileTypeNotAllowedError, "text"),
        ],
        ids=["empty", "SVG", "HTML", "archive", "program", "text"],
    )
    def test_refuses_other_things(
        self,
        set_id: int,
        stored: Callable[[], list[str]],
        content: bytes,
        error: type[InventoryError],
        words: str,
    ) -> None:
        with pytest.raises(error, match=words):
            attach(set_id, content, "photo.jpg")
        assert not Attachment.objects.exists()
        assert not Blob.objects.exists()
        assert stored() == []

    def test_passes_the_refusal_of_the_upload_handler_on(self, set_id: int) -> None:
        with pytest.raises(EmptyFileError):
            services.attach_file(set_id=set_id, upload=RefusedUpload(EmptyFileError(), "x.jpg"))

    def test_refuses_a_title_of_two_lines_and_leaves_nothing(
        self, set_id: int, stored: Callable[[], list[str]]
    ) -> None:
        with pytest.raises(ValidationError) as refusal:
            attach(set_id, picture(), title="two\nlines")
        assert list(refusal.value.message_dict) == ["title"]
        assert not Attachment.objects.exists()
        assert not Blob.objects.exists()
        assert stored() == []

    @pytest.mark.parametrize("unknown", [0, 4711, TOO_LARGE])
    def test_of_an_unknown_set_leaves_nothing(self, unknown: int, stored: Callable[[], list[str]]) -> None:
        with pytest.raises(AttachmentSetNotFoundError):
            attach(unknown, picture())
        assert not Blob.objects.exists()
        assert stored() == []

    def test_waits_for_no_content_that_is_being_collected(self, set_id: int) -> None:
        Purge.objects.create(digest=sha256(picture()), token="6d6f2f0e-5a3c-4e86-8b54-3a3c1bd2d2b5")
        with pytest.raises(ContentBusyError):
            attach(set_id, picture())
        assert not Attachment.objects.exists()

    @pytest.mark.parametrize("operation", ["stat", "publish"])
    def test_leaves_neither_row_nor_cover_when_the_store_fails(
        self, set_id: int, faults: Faults, operation: str
    ) -> None:
        faults.fail(operation)
        with pytest.raises(StorageUnavailableError):
            attach(set_id, picture())
        assert not Attachment.objects.exists()
        assert not Blob.objects.exists()
        assert AttachmentSet.objects.get().cover_attachment is None

    @pytest.mark.parametrize("content", [picture(), b"just words"], ids=["kept", "refused"])
    def test_leaves_no_temporary_file(
        self, set_id: int, staged_files: Callable[[], list[Path]], content: bytes
    ) -> None:
        try:
            attach(set_id, content)
        except FileTypeNotAllowedError:
            assert content == b"just words"
        assert staged_files() == []

    def test_takes_files_of_forms(self, set_id: int, photo: Callable[..., SimpleUploadedFile]) -> None:
        assert services.attach_file(set_id=set_id, upload=photo(name="form.jpg")).filename == "form.jpg"
