"""Content that is not migrated yet: nothing breaks half-way through a migration."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from attachments.models import Attachment
from cas.errors import BlobNotFoundError
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory
from tests.plugins.faults import Faults
from tests.plugins.files import pdf, picture
from tests.plugins.legacy import OldRow

pytestmark = pytest.mark.django_db

Row = OldRow


@pytest.fixture
def old(old_row: OldRow) -> OldRow:
    """A row of the old system, with its object."""
    return old_row


def links(client: ApiClient, attachment: Attachment) -> dict[str, Any]:
    """What the API says about the attachment."""
    body: dict[str, Any] = client.get(
        f"/attachment-sets/{attachment.attachment_set_id}/attachments/{attachment.pk}"
    ).json()
    return body


def read(response: Any) -> bytes:
    return b"".join(response.streaming_content)


class TestOriginal:
    def test_of_an_image_is_shown(self, api: ApiClient, old: Row) -> None:
        response = api.get(links(api, old())["attachment_url"])
        assert response.status_code == 200
        assert read(response) == picture()
        assert response["Content-Type"] == "image/jpeg"
        assert response["Content-Length"] == str(len(picture()))
        assert response["Content-Disposition"] == 'inline; filename="old.jpg"'

    def test_of_a_document_is_shown(self, api: ApiClient, old: Row) -> None:
        row = old(pdf(), attachment_type="pdf", content_type="application/pdf", filename="old.pdf")
        response = api.get(links(api, row)["attachment_url"])
        assert read(response) == pdf()
        assert response["Content-Type"] == "application/pdf"

    def test_is_downloaded(self, api: ApiClient, old: Row) -> None:
        response = api.get(links(api, old())["download_url"])
        assert read(response) == picture()
        assert response["Content-Disposition"] == 'attachment; filename="old.jpg"'

    def test_of_unknown_type_is_downloaded(self, api: ApiClient, old: Row) -> None:
        response = api.get(links(api, old(b"<script>", content_type=""))["attachment_url"])
        assert read(response) == b"<script>"
        assert response["Content-Type"] == "application/octet-stream"
        assert response["Content-Disposition"].startswith("attachment")

    @pytest.mark.parametrize("file_size", [None, 0, 7])
    def test_is_whole_whatever_size_the_row_has(self, api: ApiClient, old: Row, file_size: int | None) -> None:
        response = api.get(links(api, old(file_size=file_size))["attachment_url"])
        assert response["Content-Length"] == str(len(picture()))
        assert read(response) == picture()

    def test_for_head_is_only_described(self, api: ApiClient, old: Row, legacy_faults: Faults) -> None:
        response = api.head(links(api, old())["attachment_url"])
        assert [call.operation for call in legacy_faults.calls] == ["stat"]
        assert response.status_code == 200
        assert response["Content-Length"] == str(len(picture()))
        assert response.content == b""

    def test_is_harmless_and_cached_by_nobody_else(self, api: ApiClient, old: Row) -> None:
        response = api.get(links(api, old())["attachment_url"])
        response.close()
        assert response["Cache-Control"] == "private, no-cache"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert (
            response["Content-Security-Policy"]
            == "default-src 'none'; sandbox; style-src 'unsafe-inline'; frame-ancestors 'self'"
        )
        assert "ETag" not in response


class TestThumbnail:
    @pytest.mark.parametrize(("link", "size"), [("thumbnail_url", 150), ("preview_url", 500)])
    def test_is_a_picture_of_that_size(self, api: ApiClient, old: Row, link: str, size: int) -> None:
        response = api.get(links(api, old(picture(size=(1200, 600))))[link])
        assert response["Content-Type"] == "image/jpeg"
        assert response["Cache-Control"] == "private, no-cache"
        assert Image.open(BytesIO(read(response))).size == (size, size // 2)

    def test_of_a_cover_may_be_asked_for_at_another_size(self, api: ApiClient, old: Row) -> None:
        row = old(picture(size=(1200, 600)))
        path = f"/attachment-sets/{row.attachment_set_id}/cover"
        api.put(path, {"attachment_id": row.pk})
        address = api.get(path).json()["cover_url"]
        assert "?thumbnail=150" in address
        assert Image.open(BytesIO(read(api.get(f"{address}&thumbnail=300")))).size == (300, 150)

    def test_of_what_is_no_picture_is_422(self, api: ApiClient, old: Row) -> None:
        response = api.get(links(api, old(b"no picture"))["thumbnail_url"])
        assert response.status_code == 422
        assert response["Cache-Control"] == "no-store"


class TestMissing:
    @pytest.mark.parametrize("link", ["attachment_url", "thumbnail_url"])
    def test_object_is_not_found(self, api: ApiClient, legacy_folder: Path, link: str) -> None:
        legacy_folder.mkdir(exist_ok=True)
        response = api.get(links(api, AttachmentFactory.create(legacy=True))[link])
        assert response.status_code == 404
        assert response.json()["details"]["code"] == "content_not_found"
        assert response["Cache-Control"] == "no-store"

    def test_content_of_a_plain_link_is_not_found(self, api: ApiClient) -> None:
        row = AttachmentFactory.create(link=True)
        path = f"/attachment-sets/{row.attachment_set_id}/attachments/{row.pk}/content"
        assert api.get(f"{path}?content_type=image/png&filename=x").status_code == 404

    @pytest.mark.parametrize("link", ["attachment_url", "thumbnail_url"])
    @pytest.mark.parametrize("method", ["get", "head"])
    def test_store_is_our_fault(
        self, api: ApiClient, old: Row, dead_legacy_store: Callable[[], None], link: str, method: str
    ) -> None:
        address = links(api, old())[link]
        dead_legacy_store()
        response = getattr(api, method)(address)
        assert response.status_code == 500
        assert response["Cache-Control"] == "no-store"
        if method == "get":
            assert response.json()["details"]["code"] == "storage_unavailable"
            assert b"parts/" not in response.content


class TestMigrated:
    @pytest.mark.parametrize("link", ["attachment_url", "download_url", "thumbnail_url", "preview_url"])
    def test_old_addresses_lead_to_the_content_store(self, api: ApiClient, old: Row, link: str) -> None:
        row = old()
        before = links(api, row)[link]
        Attachment.objects.filter(pk=row.pk).update(blob=AttachmentFactory.create(image=True).blob)

        response = api.get(before)

        assert response.status_code == 302
        assert response["Location"] == links(api, row)[link]
        shown = api.get(response["Location"])
        shown.close()
        assert shown.status_code == 200

    def test_while_it_is_asked_for_leads_there_too(self, api: ApiClient, old: Row, legacy_faults: Faults) -> None:
        row, blob = old(), AttachmentFactory.create(image=True).blob
        address = links(api, row)["attachment_url"]
        original = Attachment.objects.filter(pk=row.pk)
        # Between the look at the row and that at the old object, it is migrated and cleaned up.

        def overtake() -> None:
            original.update(blob=blob)
            raise BlobNotFoundError

        legacy_faults.strike("open_object", overtake)

        response = api.get(address)

        assert response.status_code == 302
        assert response["Location"] == links(api, row)["attachment_url"]

    def test_nobody_gets_a_signature_for_another_type_or_name(self, api: ApiClient) -> None:
        row = AttachmentFactory.create(image=True)
        path = f"/attachment-sets/{row.attachment_set_id}/attachments/{row.pk}/content"
        response = api.get(f"{path}?content_type=application/pdf&filename=bill.pdf")
        assert response["Location"] == links(api, row)["attachment_url"]


class TestAccess:
    def test_needs_a_login(self, api: ApiClient, anonymous: ApiClient, old: Row) -> None:
        assert anonymous.get(links(api, old())["attachment_url"]).status_code == 401

    def test_needs_no_permission(self, reader: ApiClient, old: Row) -> None:
        response = reader.get(links(reader, old())["attachment_url"])
        response.close()
        assert response.status_code == 200

    @pytest.mark.parametrize(
        "query",
        [
            "",
            "content_type=image/png&thumbnail=1",
            "thumbnail=0",
            "thumbnail=1001",
            "thumbnail=150&x=1",
            "content_type=",
        ],
    )
    def test_refuses_other_queries(self, api: ApiClient, old: Row, query: str) -> None:
        row = old()
        path = f"/attachment-sets/{row.attachment_set_id}/attachments/{row.pk}/content"
        assert api.get(f"{path}?{query}").status_code == 400

    def test_is_of_its_set(self, api: ApiClient, old: Row, set_id: int) -> None:
        response = api.get(f"/attachment-sets/{set_id}/attachments/{old().pk}/content?thumbnail=150")
        assert (response.status_code, response.json()["details"]["code"]) == (400, "not_in_set")
