"""The search of the start page."""

from collections.abc import Callable

import pytest
from django.test import Client

from parts.services import create_part
from tests.factories import KitFactory

pytestmark = pytest.mark.django_db


def shown(client: Client, words: str) -> dict[str, list[str]]:
    """What the page shows, by kind."""
    groups = client.get("/admin/search/", {"q": words}).context["groups"]
    return {str(group["name"]): [str(row) for _, row in group["rows"]] for group in groups}


def test_finds_parts_and_kits_alike(chief: Client) -> None:
    create_part(key="LAMP", description="A lamp for 3 µA")
    KitFactory.create(name="Lamp with a switch")
    assert 'action="/admin/search/"' in chief.get("/admin/").content.decode()
    assert shown(chief, "lamp") == {"parts": ["LAMP A lamp for 3 µA"], "kits": ["Lamp with a switch"]}
    assert shown(chief, "3 μA") == {"parts": ["LAMP A lamp for 3 µA"], "kits": []}
    assert shown(chief, " ") == {}


def test_shows_some_of_each_kind_and_the_way_to_all(chief: Client) -> None:
    KitFactory.create_batch(25, description="many <of> them")
    page = chief.get("/admin/search/", {"q": "many <of>"}).content.decode()
    assert "/admin/kits/kit/?q=many+%3Cof%3E" in page
    assert "<of>" not in page


def test_shows_nobody_what_they_may_not_see(staff: Callable[..., Client]) -> None:
    create_part(description="A lamp")
    client = staff()
    assert shown(client, "lamp") == {}
    assert 'action="/admin/search/"' not in client.get("/admin/").content.decode()
