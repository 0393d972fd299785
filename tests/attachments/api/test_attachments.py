"""Attachments over HTTP: links, titles, lists."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from attachments.models import Attachment, AttachmentSet
from tests.attachments.conftest import assert_refused
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, PartFactory
from tests.plugins.web import Web

pytestmark = pytest.mark.django_db


class TestLink:
    def test_answers_with_the_attachment(self, api: ApiClient, set_id: int) -> None:
        response = api.post(f"/attachment-sets/{set_id}/attachments", {"url": "https://example.com/a", "title": "Shop"})
        assert response.status_code == 201
        body = response.json()
        assert (body["attachment_type"], body["title"], body["url"]) == ("url", "Shop", "https://example.com/a")
        none = ("filename", "content_type", "file_size", "sha256")
        links = ("attachment_url", "download_url", "thumbnail_url", "preview_url")
        assert [body[name] for name in (*none, *links)] == [None] * 8

    @pytest.mark.parametrize("title", [{}, {"title": ""}, {"title": None}, {"title": "  "}])
    def test_needs_no_title(self, api: ApiClient, set_id: int, web: Web, title: dict[str, Any]) -> None:
        url = web.serve("/a", "<title>A page</title>")
        body = api.post(f"/attachment-sets/{set_id}/attachments", {"url": url, **title}).json()
        assert body["title"] == "A page"

    def test_needs_a_title_when_nothing_can_be_fetched(self, api: ApiClient, set_id: int) -> None:
        response = api.post(f"/attachment-sets/{set_id}/attachments", {"url": "https://example.com/a"})
        assert_refused(response, "cannot_fetch", status=422)

    def test_ignores_fields_that_are_not_the_clients(self, api: ApiClient, set_id: int) -> None:
        body = {
            "url": "https://example.com/",
            "title": "Shop",
            "position": 7,
            "legacy_key": "x",
            "attachment_type": "image",
            "more": 1,
        }
        assert api.post(f"/attachment-sets/{set_id}/attachments", body).status_code == 201
        row = Attachment.objects.get()
        assert (row.position, row.legacy_key, row.attachment_type) == (0, "", "url")

    @pytest.mark.parametrize(
        "url",
        [
            None,
            "",
            7,
            ["https://example.com/"],
            "example.com",
            "javascript:alert(1)",
            "ftp://example.com/x",
            "https://example.com/\x00",
            f"https://example.com/{'x' * 2000}",
        ],
    )
    def test_refuses_what_is_no_web_address(self, api: ApiClient, set_id: int, url: Any) -> None:
        response = api.post(f"/attachment-sets/{set_id}/attachments", {"url": url})
        assert_refused(response, "invalid")
        assert list(response.json()["details"]["fields"]) == ["url"]

    def test_other_bodies_are_not_understood(self, api: ApiClient, set_id: int) -> None:
        path = f"/attachment-sets/{set_id}/attachments"
        response = api.post(path, "url=https://example.com/", "application/x-www-form-urlencoded")
        assert_refused(response, "unsupported_media_type", status=415)
        assert_refused(api.post(path, "[]"), "malformed")


class TestList:
    def test_is_an_array_by_position(self, api: ApiClient) -> None:
        part = PartFactory.create()
        rows = [AttachmentFactory.create(link=True, owner=part, position=position) for position in (1, 0, 1)]
        response = api.get(f"/attachment-sets/{part.attachment_set_id}/attachments")
        assert [row["id"] for row in response.json()] == [rows[1].pk, rows[0].pk, rows[2].pk]
        assert response["X-Total-Count"] == "3"
        assert 'rel="next"' not in response["Link"]


class TestOne:
    def path(self, attachment: Attachment) -> str:
        return f"/attachment-sets/{attachment.attachment_set_id}/attachments/{attachment.pk}"

    def test_reads_as_it_was_answered(
        self, api: ApiClient, set_id: int, photo: Callable[..., SimpleUploadedFile]
    ) -> None:
        body = api.upload(set_id, photo()).json()
        assert api.get(f"/attachment-sets/{set_id}/attachments/{body['id']}").json() == body

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_can_be_renamed(self, api: ApiClient, method: str) -> None:
        attachment = AttachmentFactory.create(image=True)
        response = getattr(api, method)(self.path(attachment), {"title": " Rear ", "position": 9})
        assert (response.status_code, response.json()["title"]) == (200, "Rear")
        assert response.json() == api.get(self.path(attachment)).json()
        assert response.json()["position"] == 0

    @pytest.mark.parametrize("body", [{}, {"title": None}, {"title": "  "}, {"title": "x" * 256}, {"title": "a\nb"}])
    def test_refuses_other_titles(self, api: ApiClient, body: dict[str, Any]) -> None:
        attachment = AttachmentFactory.create(link=True, title="Before")
        response = api.put(self.path(attachment), body)
        assert response.status_code == 400
        assert list(response.json()["details"]["fields"]) == ["title"]
        assert Attachment.objects.get().title == "Before"

    def test_can_be_deleted_once(self, api: ApiClient) -> None:
        attachment = AttachmentFactory.create(image=True)
        response = api.delete(self.path(attachment))
        assert (response.status_code, response.content) == (204, b"")
        again = api.delete(self.path(attachment))
        assert (again.status_code, again.json()["details"]["code"]) == (404, "unknown_attachment")

    @pytest.mark.parametrize("method", ["get", "put", "delete"])
    def test_of_another_set_is_refused(self, api: ApiClient, set_id: int, method: str) -> None:
        other = AttachmentFactory.create(link=True)
        body = [{"title": "x"}] if method == "put" else []
        response = getattr(api, method)(f"/attachment-sets/{set_id}/attachments/{other.pk}", *body)
        assert (response.status_code, response.json()["details"]["code"]) == (400, "not_in_set")
        assert Attachment.objects.get().title == other.title

    @pytest.mark.parametrize("migrated", [False, True])
    def test_shows_no_storage_key(self, api: ApiClient, migrated: bool) -> None:
        blob = AttachmentFactory.create(image=True).blob if migrated else None
        part = PartFactory.create()
        row = AttachmentFactory.create(legacy=True, owner=part, blob=blob, legacy_key="parts/1/attachments/secret.jpg")
        AttachmentSet.objects.filter(pk=part.attachment_set_id).update(cover_attachment=row)
        set_path = f"/attachment-sets/{part.attachment_set_id}"
        for path in (set_path, f"{set_path}/attachments", f"{set_path}/cover", self.path(row), f"/parts/{part.key}"):
            response = api.get(path)
            assert response.status_code == 200
            assert b"secret" not in response.content
            assert b"legacy" not in response.content
        copied = api.post(f"{set_path}/copies", {"attachment_id": row.pk})
        assert copied.status_code == 201
        assert b"secret" not in copied.content


class TestKindAndPlace:
    def test_are_changed_and_told(self, api: ApiClient) -> None:
        first, second = (AttachmentFactory.create(image=True, owner=owner) for owner in [PartFactory.create()] * 2)
        path = f"/attachment-sets/{first.attachment_set_id}/attachments"
        answer = api.patch(f"{path}/{second.pk}", {"kind": "pinout", "position": 0})
        assert (answer.status_code, answer.json()["kind"], answer.json()["position"]) == (200, "pinout", 0)
        assert [row["id"] for row in api.get(path).json()] == [second.pk, first.pk]
        assert [row["id"] for row in api.get(f"{path}?kind=pinout").json()] == [second.pk]

    @pytest.mark.parametrize("body", [{"kind": "song"}, {"position": -1}, {"position": "x"}])
    def test_that_are_none_are_refused(self, api: ApiClient, body: dict[str, object]) -> None:
        row = AttachmentFactory.create(image=True)
        path = f"/attachment-sets/{row.attachment_set_id}/attachments"
        assert api.patch(f"{path}/{row.pk}", body).status_code == 400
        assert api.get(f"{path}?kind=song").status_code == 400
