"""GET, PUT and DELETE /attachment-sets/{id}/cover."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from structlog.testing import capture_logs

from attachments.models import Attachment, AttachmentSet
from attachments.services.files import replace_file
from parts.models import Part
from parts.services import duplicate_part
from tests.attachments.conftest import images_of
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, PartFactory
from tests.plugins.files import picture

pytestmark = pytest.mark.django_db(transaction=True)

NONE = {"cover_attachment_id": None, "cover_url": None}


def cover(client: ApiClient, set_id: int) -> Any:
    return client.get(f"/attachment-sets/{set_id}/cover").json()


class TestGetCover:
    def test_of_nothing_is_null(self, api: ApiClient, set_id: int) -> None:
        assert cover(api, set_id) == NONE

    def test_shows_the_picture_at_any_size(self, api: ApiClient) -> None:
        attachment = AttachmentFactory.create(image=True)
        body = cover(api, attachment.attachment_set_id)
        assert body["cover_attachment_id"] == attachment.pk
        assert body["cover_url"].startswith(f"/api/cas/{attachment.blob_id}?thumbnail=150&sig=")
        for size in (150, 300, 500):
            response = api.get(f"{body['cover_url']}&thumbnail={size}")
            assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
            response.close()

    def test_without_a_picture_has_no_address_and_is_told_to_the_operator(self, api: ApiClient) -> None:
        link = AttachmentFactory.create(link=True)
        AttachmentSet.objects.update(cover_attachment=link)
        with capture_logs() as logs:
            body = cover(api, link.attachment_set_id)
        assert body == {"cover_attachment_id": link.pk, "cover_url": None}
        assert {"event": "cover_without_picture", "attachment_id": link.pk, "log_level": "warning"} in logs


class TestPutCover:
    def put(self, client: ApiClient, set_id: int, attachment_id: Any) -> Any:
        return client.put(f"/attachment-sets/{set_id}/cover", {"attachment_id": attachment_id})

    def test_chooses(self, api: ApiClient) -> None:
        part = PartFactory.create()
        _, other = images_of(part, 2)
        response = self.put(api, part.attachment_set_id, other.pk)
        assert response.status_code == 200
        assert response.json()["cover_attachment_id"] == other.pk
        assert response.json() == cover(api, part.attachment_set_id)

    def test_null_clears(self, api: ApiClient) -> None:
        attachment = AttachmentFactory.create(image=True)
        response = self.put(api, attachment.attachment_set_id, None)
        assert (response.status_code, response.json()) == (200, NONE)
        assert cover(api, attachment.attachment_set_id) == NONE

    @pytest.mark.parametrize("body", [{}, *({"attachment_id": value} for value in (True, "7", 7.5, "", ["x"]))])
    def test_refuses_what_is_no_number(self, api: ApiClient, body: dict[str, Any]) -> None:
        attachment = AttachmentFactory.create(image=True)
        response = api.put(f"/attachment-sets/{attachment.attachment_set_id}/cover", body)
        assert response.status_code == 400
        assert list(response.json()["details"]["fields"]) == ["attachment_id"]
        assert AttachmentSet.objects.get().cover_attachment == attachment


class TestDeleteCover:
    def test_clears(self, api: ApiClient) -> None:
        attachment = AttachmentFactory.create(image=True)
        response = api.delete(f"/attachment-sets/{attachment.attachment_set_id}/cover")
        assert (response.status_code, response.json()) == (200, NONE)
        assert Attachment.objects.get() == attachment
        # Of nothing it is fine.
        assert api.delete(f"/attachment-sets/{attachment.attachment_set_id}/cover").json() == NONE


class TestClearedCover:
    """Who clears a cover does not want the next picture there."""

    @pytest.fixture
    def part(self, api: ApiClient) -> Part:
        part = PartFactory.create()
        images_of(part, 1)
        api.delete(f"/attachment-sets/{part.attachment_set_id}/cover")
        return part

    def test_stays_so_when_a_picture_is_added(self, api: ApiClient, part: Part) -> None:
        assert api.upload(part.attachment_set_id, SimpleUploadedFile("x.jpg", picture())).status_code == 201
        assert cover(api, part.attachment_set_id) == NONE

    def test_stays_so_when_one_is_copied(self, api: ApiClient, part: Part) -> None:
        other = AttachmentFactory.create(image=True)
        body = {"attachment_id": other.pk, "set_as_cover": False}
        assert api.post(f"/attachment-sets/{part.attachment_set_id}/copies", body).status_code == 201
        assert cover(api, part.attachment_set_id) == NONE

    def test_stays_so_when_its_picture_is_replaced(self, api: ApiClient, part: Part) -> None:
        row = part.attachment_set.attachments.get()
        replace_file(
            set_id=row.attachment_set_id, attachment_id=row.pk, upload=SimpleUploadedFile("x.jpg", picture("plum"))
        )
        assert cover(api, part.attachment_set_id) == NONE

    def test_stays_so_in_a_duplicate_of_the_part(self, api: ApiClient, part: Part) -> None:
        assert cover(api, duplicate_part(part).attachment_set_id) == NONE

    def test_is_followed_by_the_next_first_picture(self, api: ApiClient, part: Part) -> None:
        set_id = part.attachment_set_id
        api.delete(f"/attachment-sets/{set_id}/attachments/{part.attachment_set.attachments.get().pk}")
        made = api.upload(set_id, SimpleUploadedFile("x.jpg", picture())).json()["id"]
        assert cover(api, set_id)["cover_attachment_id"] == made
