"""What was removed a short while ago, over HTTP."""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.test import Client
from django.utils.dateparse import parse_datetime

from attachments import services
from attachments.models import Attachment, RemovedAttachment
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, PartFactory
from tests.plugins.files import pdf, picture

pytestmark = pytest.mark.django_db(transaction=True)


def path_of(attachment: Attachment) -> str:
    return f"/attachment-sets/{attachment.attachment_set_id}/removed"


def test_lists_the_latest_first_with_what_it_was_and_how_long_it_stays(api: ApiClient, settings: Any) -> None:
    settings.KEEP_REMOVED = timedelta(days=3)
    part = PartFactory.create()
    front = AttachmentFactory.create(image=True, owner=part, title="Front", content=picture("plum"))
    link = AttachmentFactory.create(link=True, owner=part, title="Shop")
    services.replace_file(set_id=front.attachment_set_id, attachment_id=front.pk, upload=ContentFile(pdf(), "a.pdf"))
    services.detach(set_id=link.attachment_set_id, attachment_id=link.pk)

    deleted, replaced = api.get(path_of(front)).json()
    assert (deleted["title"], deleted["attachment_id"], deleted["was_replaced"]) == ("Shop", link.pk, False)
    assert (deleted["url"], deleted["sha256"], deleted["preview_url"]) == (link.url, None, None)
    assert (replaced["title"], replaced["attachment_id"], replaced["was_replaced"]) == ("Front", front.pk, True)
    assert (replaced["sha256"], replaced["was_cover"]) == (front.blob_id, True)
    with closing(api.get(replaced["download_url"])) as download:
        assert download.status_code == 200
    removed_at, expires_at = (parse_datetime(replaced[name]) for name in ("removed_at", "expires_at"))
    assert removed_at is not None
    assert expires_at == removed_at + timedelta(days=3)


def test_restores_and_answers_with_the_attachment(api: ApiClient) -> None:
    row = AttachmentFactory.create(image=True, title="Front")
    services.detach(set_id=row.attachment_set_id, attachment_id=row.pk)
    (removed,) = api.get(path_of(row)).json()
    answer = api.post(path_of(row), {"removed_id": removed["id"]})
    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["title"]) == (row.pk, "Front")
    assert api.get(path_of(row)).json() == []

    again = api.post(path_of(row), {"removed_id": removed["id"]})
    assert (again.status_code, again.json()["details"]["code"]) == (404, "unknown_removed_attachment")


def test_undoes_a_replacement_for_those_who_may_change(staff: Callable[..., Client]) -> None:
    row = AttachmentFactory.create(image=True, content=picture())
    services.replace_file(set_id=row.attachment_set_id, attachment_id=row.pk, upload=ContentFile(pdf(), "a.pdf"))
    wish = {"removed_id": RemovedAttachment.objects.get().pk}
    client = staff("attachments.add_attachment")
    address = f"/api{path_of(row)}"
    refused = client.post(address, wish, content_type="application/json")
    assert (refused.status_code, refused.json()["details"]["code"]) == (403, "forbidden")
    user = User.objects.get(username="staff")
    user.user_permissions.add(Permission.objects.get(codename="change_attachment"))
    assert client.post(address, wish, content_type="application/json").json()["sha256"] == row.blob_id


def test_does_not_know_other_sets(api: ApiClient) -> None:
    assert api.get("/attachment-sets/4711/removed").json()["details"]["code"] == "unknown_attachment_set"
    answer = api.post("/attachment-sets/4711/removed", {"removed_id": 1})
    assert answer.json()["details"]["code"] == "unknown_attachment_set"
