"""Files over HTTP, as a browser's form sends them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from attachments.content_urls import links_of
from attachments.models import Attachment, AttachmentSet
from cas.models import Blob
from tests.attachments.conftest import assert_refused
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory
from tests.plugins.faults import Faults
from tests.plugins.files import pdf, picture, sha256

pytestmark = pytest.mark.django_db

Form = Callable[..., SimpleUploadedFile]


class TestUpload:
    def test_answers_with_the_attachment(self, api: ApiClient, set_id: int, photo: Form) -> None:
        response = api.upload(set_id, photo(name="front.jpg"), title="Front")
        assert response.status_code == 201
        row = Attachment.objects.get()
        content = picture()
        body = response.json()
        assert body.pop("created_at").endswith("Z")
        assert body.pop("updated_at").endswith("Z")
        assert body == {
            "id": row.pk,
            "attachment_set_id": set_id,
            "attachment_type": "image",
            "title": "Front",
            "position": 0,
            "url": None,
            "filename": "front.jpg",
            "content_type": "image/jpeg",
            "file_size": len(content),
            "sha256": sha256(content),
            **vars(links_of(row)),
        }
        assert all(body[name] for name in vars(links_of(row)))

    def test_sends_the_bytes_back(self, api: ApiClient, set_id: int, datasheet: Form) -> None:
        body = api.upload(set_id, datasheet()).json()
        assert b"".join(api.get(body["attachment_url"]).streaming_content) == pdf()
        assert b"".join(api.get(body["download_url"]).streaming_content) == pdf()

    def test_makes_pictures_that_can_be_shown(self, api: ApiClient, set_id: int, photo: Form) -> None:
        body = api.upload(set_id, photo()).json()
        for link in ("attachment_url", "thumbnail_url", "preview_url"):
            response = api.get(body[link])
            assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
            response.close()

    def test_is_titled_by_its_file_name(self, api: ApiClient, set_id: int, photo: Form) -> None:
        assert api.upload(set_id, photo(name="front.jpg")).json()["title"] == "front.jpg"

    def test_is_what_its_bytes_are(self, api: ApiClient, set_id: int) -> None:
        body = api.upload(set_id, SimpleUploadedFile("photo.jpg", pdf(), "image/jpeg")).json()
        assert (body["attachment_type"], body["content_type"]) == ("pdf", "application/pdf")

    def test_of_a_first_image_makes_the_cover(self, api: ApiClient, set_id: int, photo: Form, datasheet: Form) -> None:
        api.upload(set_id, datasheet())
        first = api.upload(set_id, photo("red")).json()["id"]
        api.upload(set_id, photo("blue"))
        assert api.get(f"/attachment-sets/{set_id}/cover").json()["cover_attachment_id"] == first

    @pytest.mark.parametrize(
        ("content", "code", "words"),
        [
            (b"", "empty_file", "empty"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "file_type_not_allowed", "an SVG drawing"),
            (b"<!doctype html><p>" + b"x" * 2000, "file_type_not_allowed", "an HTML page"),
            (picture()[:-500], "image_refused", "damaged"),
        ],
        ids=["empty", "SVG", "HTML", "cut off"],
    )
    def test_is_refused(self, api: ApiClient, set_id: int, content: bytes, code: str, words: str) -> None:
        response = api.upload(set_id, SimpleUploadedFile("photo.jpg", content, "image/jpeg"))
        assert words in assert_refused(response, code)

    def test_over_the_limit_is_refused_with_both_sizes(self, api: ApiClient, set_id: int, settings: Settings) -> None:
        settings.MAX_IMAGE_BYTES = 1_000_000
        file = SimpleUploadedFile("photo.jpg", picture() + bytes(2_000_000), "image/jpeg")
        sentence = assert_refused(api.upload(set_id, file), "file_too_large")
        assert "2.0 MB" in sentence
        assert "1 MB" in sentence

    def test_that_can_be_no_allowed_file_is_refused_by_its_length(
        self, api: ApiClient, set_id: int, settings: Settings
    ) -> None:
        settings.MAX_IMAGE_BYTES = settings.MAX_PDF_BYTES = 1000
        response = api.upload(set_id, SimpleUploadedFile("x", bytes(100_000)))
        assert_refused(response, "file_too_large")

    def test_of_nobody_needs_a_login_whatever_its_length(
        self, anonymous: ApiClient, set_id: int, settings: Settings
    ) -> None:
        settings.MAX_IMAGE_BYTES = settings.MAX_PDF_BYTES = 1000
        assert anonymous.upload(set_id, SimpleUploadedFile("x", bytes(100_000))).status_code == 401

    def test_needs_exactly_one_file(self, api: ApiClient, set_id: int, photo: Form) -> None:
        path = f"/api/attachment-sets/{set_id}/attachments"
        for data in ({"title": "none"}, {"file": [photo(), photo("blue")]}, {"file": "no file"}, {"photo": photo()}):
            response = Client.post(api, path, data)
            assert "exactly one file" in assert_refused(response, "invalid")

    @pytest.mark.parametrize("title", ["x" * 256, "two\nlines", "nul\x00"])
    def test_with_a_bad_title_is_refused(self, api: ApiClient, set_id: int, photo: Form, title: str) -> None:
        response = api.upload(set_id, photo(), title=title)
        assert_refused(response, "invalid")
        assert list(response.json()["details"]["fields"]) == ["title"]

    @pytest.mark.parametrize("operation", ["stat", "publish"])
    def test_leaves_nothing_when_the_store_fails(
        self, api: ApiClient, set_id: int, photo: Form, faults: Faults, operation: str
    ) -> None:
        faults.fail(operation)
        assert_refused(api.upload(set_id, photo()), "storage_unavailable", status=500)
        assert AttachmentSet.objects.get().cover_attachment is None

    def test_leaves_the_old_cover_when_the_store_fails(self, api: ApiClient, photo: Form, faults: Faults) -> None:
        cover = AttachmentFactory.create(image=True)
        faults.fail("publish")
        assert api.upload(cover.attachment_set_id, photo()).status_code == 500
        assert Attachment.objects.get() == cover
        assert AttachmentSet.objects.get().cover_attachment == cover
        assert Blob.objects.get() == cover.blob

    def test_of_nobody_is_refused_before_its_bytes_are_kept(
        self, anonymous: ApiClient, set_id: int, photo: Form, staged_files: Callable[[], list[Any]]
    ) -> None:
        assert anonymous.upload(set_id, photo()).status_code == 401
        assert staged_files() == []

    def test_without_the_permission_leaves_nothing(
        self, reader: ApiClient, set_id: int, photo: Form, staged_files: Callable[[], list[Any]]
    ) -> None:
        assert_refused(reader.upload(set_id, photo()), "forbidden", status=403)
        assert staged_files() == []
