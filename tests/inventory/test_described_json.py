"""JSON that is made straight from columns has just the fields of the serializer that describes it to the schema."""

import pytest

from attachments.api.serializers import AttachmentSerializer, AttachmentSetSerializer
from parts.api.serializers import PartRowSerializer, PartSerializer
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, PartFactory

pytestmark = pytest.mark.django_db


def test_has_the_fields_that_are_described(api: ApiClient) -> None:
    part = PartFactory.create()
    attachment_set = f"/attachment-sets/{part.attachment_set_id}"
    attachment = AttachmentFactory.create(link=True, owner=part)

    assert set(api.get(f"/parts/{part.key}").json()) == set(PartSerializer().fields)
    assert set(api.get("/parts").json()[0]) == set(PartRowSerializer().fields)
    assert set(api.get(attachment_set).json()) == set(AttachmentSetSerializer().fields)
    path = f"{attachment_set}/attachments/{attachment.pk}"
    assert set(api.get(path).json()) == set(AttachmentSerializer().fields)
