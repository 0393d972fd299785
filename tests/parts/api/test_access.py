"""Who may do what with parts and types."""

from typing import Any

import pytest

from parts.models import Part, PartType
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, PartFactory, PartTypeFactory

pytestmark = pytest.mark.django_db

Route = tuple[str, str, dict[str, Any]]
READS: list[Route] = [
    ("get", "/parts", {}),
    ("get", "/parts/ABCD", {}),
    ("get", "/parts/ABCD/kits", {}),
    ("get", "/parts/ABCD/kit-reservations", {}),
    ("get", "/types", {}),
    ("get", "/types/{type}", {}),
]
WRITES: list[Route] = [
    ("post", "/parts", {"description": "New"}),
    ("put", "/parts/ABCD", {"description": "New"}),
    ("patch", "/parts/ABCD", {"description": "New"}),
    ("delete", "/parts/ABCD", {}),
    ("post", "/parts/copy-attachment", {"attachment_id": "{attachment}", "target_part_key": "ABCD"}),
    ("post", "/types", {"name": "New"}),
    ("put", "/types/{type}", {"name": "New"}),
    ("delete", "/types/{type}", {}),
]


def send(client: ApiClient, route: Route) -> Any:
    """Call the route where a part ABCD, a type and an attachment are."""
    PartFactory.create(key="ABCD", description="Old")
    type_id = PartTypeFactory.create(name="Old").pk
    attachment_id = AttachmentFactory.create(link=True).pk
    method, path, body = route
    body = {name: attachment_id if value == "{attachment}" else value for name, value in body.items()}
    return getattr(client, method)(path.format(type=type_id), *([body] if body else []))


@pytest.mark.parametrize("route", [*READS, *WRITES], ids=str)
def test_everything_needs_a_login(anonymous: ApiClient, route: Route) -> None:
    response = send(anonymous, route)
    assert (response.status_code, response.json()["details"]["code"]) == (401, "login_required")


@pytest.mark.parametrize("route", READS, ids=str)
def test_everybody_with_a_login_reads(reader: ApiClient, route: Route) -> None:
    assert send(reader, route).status_code == 200


@pytest.mark.parametrize("route", WRITES, ids=str)
def test_changes_need_the_permission(reader: ApiClient, route: Route) -> None:
    response = send(reader, route)
    assert (response.status_code, response.json()["details"]["code"]) == (403, "forbidden")
    assert not Part.objects.filter(description="New").exists()
    assert list(PartType.objects.values_list("name", flat=True)) == ["Old"]
    assert Part.objects.filter(key="ABCD").exists()


@pytest.mark.parametrize("route", WRITES, ids=str)
def test_who_has_it_may(api: ApiClient, route: Route) -> None:
    assert send(api, route).status_code in {200, 201, 204}
