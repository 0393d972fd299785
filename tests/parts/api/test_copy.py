"""POST /parts/copy-attachment, which knows its target by the part's key."""

from collections.abc import Callable
from typing import Any

import pytest

from attachments.models import Attachment
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, PartFactory
from tests.plugins.faults import Faults

pytestmark = pytest.mark.django_db


def copy(client: ApiClient, **body: Any) -> Any:
    return client.post("/parts/copy-attachment", body)


def test_answers_with_the_new_attachment(api: ApiClient, faults: Faults, stored: Callable[[], list[str]]) -> None:
    source, target = AttachmentFactory.create(image=True, title="Front"), PartFactory.create()
    faults.calls.clear()
    response = copy(api, attachment_id=source.pk, target_part_key=target.key)
    assert response.status_code == 200
    body = response.json()["attachment"]
    assert body == api.get(f"/attachment-sets/{target.attachment_set_id}/attachments/{body['id']}").json()
    assert (body["title"], body["sha256"]) == ("Front", source.blob_id)
    assert faults.calls == []
    assert stored() == [source.blob_id]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"attachment_id": 10**20}, 404, "unknown_attachment"),
        ({"attachment_id": "1"}, 400, "invalid"),
        ({"attachment_id": None}, 400, "invalid"),
        ({"target_part_key": "ZZZZ"}, 404, "not_found"),
        ({"target_part_key": "nul\x00"}, 400, "invalid"),
        ({"target_part_key": 7}, 400, "invalid"),
        ({"set_as_cover": True}, 400, "not_an_image"),
        ({"set_as_cover": "yes"}, 400, "invalid"),
    ],
    ids=str,
)
def test_refuses(api: ApiClient, change: dict[str, Any], status: int, code: str) -> None:
    source, target = AttachmentFactory.create(pdf=True), PartFactory.create()
    response = copy(api, **{"attachment_id": source.pk, "target_part_key": target.key, **change})
    assert (response.status_code, response.json()["details"]["code"]) == (status, code)
    assert Attachment.objects.get() == source
