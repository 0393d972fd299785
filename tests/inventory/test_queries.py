"""No answer takes a query for each row in it."""

from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.authtoken.models import Token

from attachments import services
from attachments.models import AttachmentSet
from core.history import record
from parts.services import create_part
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, BoxFactory, KitContentFactory, KitFactory, PartFactory, PartTypeFactory
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db


def furnish(number: int) -> dict[str, object]:
    """So many parts, each with tags, type, cover and kits, of which all are in one kit, and the first in many.

    The kit was changed so often. And the first part has so many attachments, which are all in another set, too. Returns
    what stands in addresses.
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
        record(kit, "archived")
    other = PartFactory.create()
    for _ in range(number):
        content = KitContentFactory.create(part=parts[0])
        cover = AttachmentFactory.create(legacy=True, owner=content.kit)
        AttachmentSet.objects.filter(pk=content.kit.attachment_set_id).update(cover_attachment=cover)
        link = AttachmentFactory.create(link=True, owner=parts[0])
        services.copy(attachment_id=link.pk, target_set_id=other.attachment_set_id)
    return {"kit": kit.pk, "part": parts[0].key, "set": parts[0].attachment_set_id}


PATHS = (
    *("/parts", "/parts?include=cover,locations,kits,shopping_lists", "/parts?q=resistor"),
    *("/types", "/types?include_stats=true", "/parts/{part}", "/parts/{part}/kits"),
    *("/kits", "/kits?status=active", "/kits?query=kit", "/kits?limit=1000", "/kits/{kit}"),
    *("/attachment-sets/{set}", "/attachment-sets/{set}/attachments", "/attachment-sets/{set}/shared"),
    *("/attachment-sets/{set}/removed", "/parts/{part}/changes", "/kits/{kit}/changes"),
)
PAGES = ("parts/part", "kits/kit", "attachments/attachment", "cas/blob")


def test_an_answer_takes_as_many_for_many_rows_as_for_one(api: ApiClient) -> None:
    def taken(names: dict[str, object]) -> dict[str, int]:
        return {path: queries_of(partial(api.get, path.format(**names))) for path in PATHS}

    one = furnish(1)
    # The first request of a process looks up the types of rows that histories are about.
    taken(one)
    assert taken(one) == taken(furnish(20))


def test_a_list_of_the_admin_takes_as_many_for_many_rows_as_for_one(chief: Client) -> None:
    def taken(*, rows: int) -> dict[str, int]:
        furnish(rows)
        AttachmentFactory.create_batch(rows, image=True)
        return {page: queries_of(partial(chief.get, f"/admin/{page}/")) for page in PAGES}

    taken(rows=1)
    assert taken(rows=1) == taken(rows=12)


class TestStatementsOfOneRequest:
    """With a token, whose user is one of them. Those that begin and end transactions are not counted."""

    @pytest.fixture
    def client(self, superuser: User) -> ApiClient:
        return ApiClient(headers={"Authorization": f"Token {Token.objects.create(user=superuser).key}"})

    @pytest.fixture
    def names(self) -> dict[str, object]:
        BoxFactory.create(number=7)
        image = AttachmentFactory.create(image=True, owner=PartFactory.create())
        return {**furnish(5), "image": image.pk, "set of image": image.attachment_set_id}

    @pytest.mark.parametrize(
        ("method", "path", "body", "most"),
        [
            ("post", "/parts", {"description": "A diode"}, 6),
            ("post", "/parts", {"description": "A diode", "tags": ["film", "new"]}, 10),
            ("post", "/parts", {"description": "A diode", "minimum_quantity": 5}, 12),
            ("get", "/parts/{part}", None, 2),
            ("put", "/parts/{part}", {"package": "SO"}, 11),
            ("get", "/attachment-sets/{set}", None, 3),
            ("get", "/attachment-sets/{set of image}/attachments/{image}", None, 3),
            # It is the cover, which takes two of them. To keep it, to write that down and to find it no more takes four.
            ("delete", "/attachment-sets/{set of image}/attachments/{image}", None, 11),
            ("post", "/inventory/parts/{part}/stock", {"box_no": 7, "loc_no": 3, "qty": 5}, 7),
        ],
    )
    def test_are_few(
        self, client: ApiClient, names: dict[str, object], method: str, path: str, body: Any, most: int
    ) -> None:
        with CaptureQueriesContext(connection) as queries:
            answer = getattr(client, method)(path.format(**names), *([] if body is None else [body]))
        assert answer.status_code in {200, 201, 204}
        # Everything else is SAVEPOINT and the like.
        work = [sql for query in queries if (sql := query["sql"]).startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))]
        assert len(work) <= most, "\n".join(work)
