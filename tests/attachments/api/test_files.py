"""Another file for an attachment, and what a set has already."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from attachments import services
from attachments.models import Attachment
from cas.models import Blob
from parts.models import Part
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, KitFactory, PartFactory
from tests.plugins.faults import Faults
from tests.plugins.files import pdf, picture, sha256

pytestmark = pytest.mark.django_db(transaction=True)


def path_of(attachment: Attachment) -> str:
    return f"/attachment-sets/{attachment.attachment_set_id}/attachments/{attachment.pk}"


def replace(
    api: ApiClient, attachment: Attachment, content: bytes, headers: dict[str, str] | None = None, **fields: str
) -> Any:
    body = {"file": SimpleUploadedFile("new.bin", content), **fields}
    address = f"{path_of(attachment)}/file"
    return api.put(address, encode_multipart(BOUNDARY, body), MULTIPART_CONTENT, headers=headers or {})


def cover_of(part: Part) -> int | None:
    part.attachment_set.refresh_from_db()
    return part.attachment_set.cover_attachment_id


def code_of(response: Any) -> str:
    code: str = response.json()["details"]["code"]
    return code


class TestReplaceFile:
    def test_keeps_title_place_and_cover(self, api: ApiClient) -> None:
        part = PartFactory.create()
        front = AttachmentFactory.create(image=True, owner=part, title="Front")
        AttachmentFactory.create(image=True, owner=part, title="Back")
        old = front.blob_id
        answer = replace(api, front, picture("plum"))
        assert answer.status_code == 200
        assert answer.json()["sha256"] == sha256(picture("plum"))
        assert (answer.json()["title"], answer.json()["filename"]) == ("Front", "new.bin")
        assert (answer.json()["content_type"], answer.json()["file_size"]) == ("image/jpeg", len(picture("plum")))
        assert [row.title for row in part.attachment_set.attachments.in_order()] == ["Front", "Back"]
        assert cover_of(part) == front.pk
        # The old content is the collector's.
        assert Blob.objects.filter(pk=old).exists()

    def test_hands_the_cover_over_when_there_is_no_picture_any_more(self, api: ApiClient) -> None:
        part = PartFactory.create()
        front = AttachmentFactory.create(image=True, owner=part)
        back = AttachmentFactory.create(image=True, owner=part)
        assert replace(api, front, pdf()).json()["attachment_type"] == "pdf"
        assert cover_of(part) == back.pk
        assert replace(api, back, pdf("Another")).status_code == 200
        assert cover_of(part) is None
        assert replace(api, back, picture()).status_code == 200
        assert cover_of(part) == back.pk

    def test_gives_a_legacy_row_its_content(self, api: ApiClient) -> None:
        old = AttachmentFactory.create(legacy=True)
        assert replace(api, old, picture()).json()["sha256"] == sha256(picture())
        old.refresh_from_db()
        assert old.legacy_key == ""

    def test_refuses_what_an_upload_refuses(self, api: ApiClient) -> None:
        image = AttachmentFactory.create(image=True)
        answer = replace(api, image, b"")
        assert (answer.status_code, code_of(answer)) == (400, "empty_file")
        assert Attachment.objects.get().blob_id == image.blob_id

    def test_refuses_a_link_a_stranger_and_no_file(self, api: ApiClient) -> None:
        link = AttachmentFactory.create(link=True)
        image = AttachmentFactory.create(image=True)
        assert code_of(replace(api, link, picture())) == "not_a_file"
        address = f"/attachment-sets/{link.attachment_set_id}/attachments/{image.pk}/file"
        body = encode_multipart(BOUNDARY, {"file": SimpleUploadedFile("x.jpg", picture())})
        assert code_of(api.put(address, body, MULTIPART_CONTENT)) == "not_in_set"
        own = f"/attachment-sets/{image.attachment_set_id}/attachments/{image.pk}/file"
        assert code_of(api.put(own, encode_multipart(BOUNDARY, {"title": "x"}), MULTIPART_CONTENT)) == "invalid"
        assert api.put(f"{own}", {"file": "x"}).status_code == 415

    def test_leaves_everything_when_the_storage_fails(self, api: ApiClient, faults: Faults) -> None:
        image = AttachmentFactory.create(image=True)
        faults.fail("publish")
        answer = replace(api, image, picture("plum"))
        assert (answer.status_code, code_of(answer)) == (500, "storage_unavailable")
        assert Attachment.objects.get().blob_id == image.blob_id

    def test_needs_the_permission_to_change(self, db: None) -> None:
        image = AttachmentFactory.create(image=True)
        user = User.objects.create_user("adder")
        user.user_permissions.add(Permission.objects.get(codename="add_attachment"))
        client = ApiClient()
        client.force_login(user)
        assert replace(client, image, picture("plum")).status_code == 403

    def test_refuses_a_body_that_is_too_long_by_its_own_account(self, api: ApiClient, settings: Any) -> None:
        settings.MAX_IMAGE_BYTES = settings.MAX_PDF_BYTES = 1000
        image = AttachmentFactory.create(image=True)
        assert code_of(replace(api, image, picture() + b"\0" * 100_000)) == "file_too_large"

    def test_takes_a_long_body_of_another_type_for_what_it_is(self, api: ApiClient, settings: Any) -> None:
        settings.MAX_IMAGE_BYTES = settings.MAX_PDF_BYTES = 1000
        image = AttachmentFactory.create(image=True)
        assert api.put(f"{path_of(image)}/file", {"file": "x" * 100_000}).status_code == 415
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        answer = api.post(f"/attachment-sets/{image.attachment_set_id}/attachments", {"url": "x" * 100_000})
        assert (answer.status_code, code_of(answer)) == (400, "body_too_large")

    def test_is_done_to_the_version_that_was_seen(self, api: ApiClient) -> None:
        image = AttachmentFactory.create(image=True)
        seen = api.get(path_of(image))["ETag"]
        answer = replace(api, image, picture("plum"), {"If-Match": seen})
        assert answer.status_code == 200
        assert answer["ETag"] == api.get(path_of(image))["ETag"] != seen
        answer = replace(api, image, picture("navy"), {"If-Match": seen})
        assert (answer.status_code, code_of(answer)) == (412, "precondition_failed")
        image.refresh_from_db()
        assert image.blob_id == sha256(picture("plum"))
        assert replace(api, image, picture("navy"), {"If-Match": "*"}).status_code == 200

    def test_is_all_that_can_be_done_with_a_file(self, api: ApiClient) -> None:
        assert api.get(f"{path_of(AttachmentFactory.create(image=True))}/file").status_code == 405


class TestOnDuplicate:
    def test_refuse_names_what_is_there(self, api: ApiClient) -> None:
        part = PartFactory.create()
        front = AttachmentFactory.create(image=True, owner=part, title="Front", content=picture())
        upload = SimpleUploadedFile("again.jpg", picture())
        answer = api.upload(part.attachment_set_id, upload, on_duplicate="refuse")
        assert answer.status_code == 409
        assert answer.json() == {
            "error": "This file is here already, as “Front”.",
            "details": {"code": "already_in_set", "attachment_id": front.pk},
        }
        assert Attachment.objects.count() == 1
        sheet = AttachmentFactory.create(pdf=True, owner=part)
        assert code_of(replace(api, sheet, picture(), on_duplicate="refuse")) == "already_in_set"
        copy = {"attachment_id": front.pk, "on_duplicate": "refuse"}
        assert code_of(api.post(f"/attachment-sets/{part.attachment_set_id}/copies", copy)) == "already_in_set"

    def test_add_is_the_default(self, api: ApiClient) -> None:
        part = PartFactory.create()
        for fields in ({}, {}, {"on_duplicate": "add"}):
            upload = SimpleUploadedFile("again.jpg", picture())
            assert api.upload(part.attachment_set_id, upload, **fields).status_code == 201
        upload = SimpleUploadedFile("again.jpg", picture())
        assert code_of(api.upload(part.attachment_set_id, upload, on_duplicate="maybe")) == "invalid"

    def test_refuse_knows_links_in_copies(self, api: ApiClient) -> None:
        link = AttachmentFactory.create(link=True)
        part = PartFactory.create()
        copy = {"attachment_id": link.pk, "on_duplicate": "refuse"}
        address = f"/attachment-sets/{part.attachment_set_id}/copies"
        assert api.post(address, copy).status_code == 201
        assert code_of(api.post(address, copy)) == "already_in_set"


class TestShared:
    def test_names_some_of_the_others(self, api: ApiClient) -> None:
        part, kit = PartFactory.create(), KitFactory.create(name="Lamp")
        sheet = AttachmentFactory.create(pdf=True, owner=part)
        AttachmentFactory.create(image=True, owner=part)
        address = f"/attachment-sets/{part.attachment_set_id}/shared"
        assert api.get(address).json() == []
        services.copy(attachment_id=sheet.pk, target_set_id=kit.attachment_set_id)
        owner = {
            "attachment_set_id": kit.attachment_set_id,
            "kind": "kit",
            "name": "Lamp",
            "admin_url": f"/admin/kits/kit/{kit.pk}/change/",
        }
        assert api.get(address).json() == [{"attachment_id": sheet.pk, "owners": [owner], "more": False}]
        for other in PartFactory.create_batch(4):
            services.copy(attachment_id=sheet.pk, target_set_id=other.attachment_set_id)
        (row,) = api.get(address).json()
        assert (len(row["owners"]), row["more"]) == (3, True)

    def test_of_an_empty_and_of_an_unknown_set(self, api: ApiClient) -> None:
        part = PartFactory.create()
        assert api.get(f"/attachment-sets/{part.attachment_set_id}/shared").json() == []
        assert api.get("/attachment-sets/999999/shared").status_code == 404
