"""No answer takes a query for each row in it."""

import pytest
from django.test import Client

from attachments import services
from attachments.models import AttachmentSet
from parts.services import create_part
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, KitContentFactory, KitFactory, PartFactory, PartTypeFactory
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db


def furnish(number: int) -> dict[str, object]:
    """So many parts, each with tags, type, cover and kits, of which all are in one kit, and the first in many.

    And the first has so many attachments, which are all in another set, too. Returns what stands in addresses.
    """
    kit = KitFactory.create()
    parts = [
        create_part(description="A resistor", type=PartTypeFactory.create(), tags=["film", "axial"])
        for _ in range(number)
    ]
    for part in parts:
        KitContentFactory.create(kit=kit, part=part)
        cover = AttachmentFactory.create(legacy=True, owner=part)
        AttachmentSet.objects.filter(pk=part.attachment_set_id).update(cover_attachment=cover)
    other = PartFactory.create()
    for _ in range(number):
        content = KitContentFactory.create(part=parts[0])
        cover = AttachmentFactory.create(legacy=True, owner=content.kit)
        AttachmentSet.objects.filter(pk=content.kit.attachment_set_id).update(cover_attachment=cover)
        link = AttachmentFactory.create(link=True, owner=parts[0])
        services.copy(attachment_id=link.pk, target_set_id=other.attachment_set_id)
    return {"kit": kit.pk, "part": parts[0].key, "set": parts[0].attachment_set_id}


@pytest.mark.parametrize(
    "path",
    [
        *("/parts", "/parts?include=cover,locations,kits,shopping_lists", "/parts?q=resistor"),
        *("/types", "/types?include_stats=true", "/parts/{part}", "/parts/{part}/kits"),
        *("/kits", "/kits?status=active", "/kits?query=kit", "/kits?limit=1000", "/kits/{kit}"),
        *("/attachment-sets/{set}", "/attachment-sets/{set}/attachments", "/attachment-sets/{set}/shared"),
    ],
)
def test_takes_as_many_for_many_rows_as_for_one(api: ApiClient, path: str) -> None:
    def queries_for(*, rows: int) -> int:
        address = path.format(**furnish(rows))
        return queries_of(lambda: api.get(address))

    assert queries_for(rows=1) == queries_for(rows=20)


@pytest.mark.parametrize("page", ["parts/part", "kits/kit", "attachments/attachment", "cas/blob"])
def test_so_does_a_list_of_the_admin(chief: Client, page: str) -> None:
    def queries_for(*, rows: int) -> int:
        furnish(rows)
        AttachmentFactory.create_batch(rows, image=True)
        return queries_of(lambda: chief.get(f"/admin/{page}/"))

    queries_for(rows=1)
    assert queries_for(rows=1) == queries_for(rows=12)
