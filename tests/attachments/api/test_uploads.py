"""Files over HTTP, as a browser's form sends them."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from attachments.content_urls import links_of
from attachments.models import Attachment
from tests.conftest import ApiClient
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
            "kind": "photo",
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
