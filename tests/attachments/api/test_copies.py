"""POST /attachment-sets/{id}/copies."""

from typing import Any

import pytest

from attachments.models import AttachmentSet
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory

pytestmark = pytest.mark.django_db


def copy(client: ApiClient, set_id: int, attachment_id: Any, **options: Any) -> Any:
    return client.post(f"/attachment-sets/{set_id}/copies", {"attachment_id": attachment_id, **options})


def test_answers_with_the_new_attachment(api: ApiClient, set_id: int) -> None:
    source = AttachmentFactory.create(pdf=True, title="Datasheet")
    response = copy(api, set_id, source.pk)
    assert response.status_code == 201
    body = response.json()
    assert body == api.get(f"/attachment-sets/{set_id}/attachments/{body['id']}").json()
    assert (body["attachment_set_id"], body["title"], body["sha256"]) == (set_id, "Datasheet", source.blob_id)
    assert body["id"] != source.pk


@pytest.mark.parametrize("wanted", [True, False])
def test_becomes_the_cover_when_told(api: ApiClient, wanted: bool) -> None:
    cover, source = AttachmentFactory.create(image=True), AttachmentFactory.create(image=True)
    copied = copy(api, cover.attachment_set_id, source.pk, set_as_cover=wanted).json()["id"]
    assert AttachmentSet.objects.get(pk=cover.attachment_set_id).cover_attachment_id == (copied if wanted else cover.pk)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "attachment_id"),
        ({"attachment_id": None}, "attachment_id"),
        ({"attachment_id": "1"}, "attachment_id"),
        ({"attachment_id": 1, "set_as_cover": "perhaps"}, "set_as_cover"),
    ],
)
def test_refuses_other_bodies(api: ApiClient, set_id: int, body: dict[str, Any], field: str) -> None:
    response = api.post(f"/attachment-sets/{set_id}/copies", body)
    assert response.status_code == 400
    assert list(response.json()["details"]["fields"]) == [field]
