"""Who may do what with kits."""

from typing import Any

import pytest

from kits.models import Kit, KitContent
from tests.conftest import ApiClient
from tests.factories import KitContentFactory, KitFactory, PartFactory

pytestmark = pytest.mark.django_db

Route = tuple[str, str, dict[str, Any]]
READS: list[Route] = [("get", "", {}), ("get", "/{kit}", {})]
WRITES: list[Route] = [
    ("post", "", {"name": "New"}),
    ("patch", "/{kit}", {"name": "New"}),
    ("delete", "/{kit}", {}),
    ("post", "/{kit}/archive", {}),
    ("post", "/{archived}/unarchive", {}),
    ("post", "/{kit}/contents", {"part_key": "ABCD"}),
    ("patch", "/{kit}/contents/{content}", {"version": 1, "note": "New"}),
    ("delete", "/{kit}/contents/{content}", {}),
]


def send(client: ApiClient, route: Route) -> Any:
    """Call the route where a kit with a content, an archived kit and a part ABCD are."""
    content, archived = KitContentFactory.create(), KitFactory.create(archived=True)
    PartFactory.create(key="ABCD")
    method, path, body = route
    path = path.format(kit=content.kit.pk, content=content.pk, archived=archived.pk)
    return getattr(client, method)(f"/kits{path}", *([body] if body else []))


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
    assert not Kit.objects.filter(name="New").exists()
    assert sorted(Kit.objects.values_list("status", flat=True)) == ["active", "archived"]
    assert list(KitContent.objects.values_list("note", flat=True)) == [None]


@pytest.mark.parametrize("route", WRITES, ids=str)
def test_who_has_it_may(api: ApiClient, route: Route) -> None:
    assert send(api, route).status_code in {200, 201, 204}


@pytest.mark.parametrize("route", [*READS, *WRITES], ids=str)
def test_routes_with_a_slash_more_do_not_exist(api: ApiClient, route: Route) -> None:
    method, path, body = route
    assert send(api, (method, f"{path}/", body)).status_code == 404
