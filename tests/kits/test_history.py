"""Who did what to a kit and its contents."""

import pytest
from django.test import Client

from core.history.models import HistoryEntry
from kits import services
from kits.models import Kit
from tests.conftest import ApiClient
from tests.factories import PartFactory

pytestmark = pytest.mark.django_db


def told(kit: Kit) -> list[str]:
    return [entry.text for entry in HistoryEntry.objects.of(kit)]


def test_every_change_is_in_it() -> None:
    kit, part = services.create_kit(name="Lamp"), PartFactory.create()
    content = services.add_content(kit.pk, part=part, required_per_unit=2)
    services.change_content(kit.pk, content.pk, version=1, required_per_unit=3)
    services.remove_content(kit.pk, content.pk)
    services.update_kit(kit.pk, name="Blinker", build_target=0)
    services.archive(kit.pk)
    services.unarchive(kit.pk)
    services.delete_kit(kit.pk)
    assert told(kit) == [
        "deleted it",
        "unarchived it",
        "archived it",
        "changed name from “Lamp” to “Blinker”",
        f"took {part.key} out of it",
        f"changed {part.key} in it: required per unit from “2” to “3”",
        f"put 2 × {part.key} into it",
        "added it",
    ]


def test_is_told_by_the_api_and_the_admin(api: ApiClient, chief: Client) -> None:
    kit = services.create_kit(name="Lamp")
    (entry,) = api.get(f"/kits/{kit.pk}/changes").json()
    assert (entry["actor"], entry["text"]) == ("A command", "added it")
    assert "A command" in chief.get(f"/admin/kits/kit/{kit.pk}/history/").content.decode()
