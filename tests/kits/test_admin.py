"""Kits in the admin."""

from typing import Any

import pytest
from django.test import Client

from kits import services
from kits.models import Kit, KitContent
from tests.factories import KitContentFactory, KitFactory

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/kits/kit/"


def form(kit: Kit, **fields: Any) -> dict[str, Any]:
    rows = list(kit.contents.order_by("id"))
    data = {
        "name": kit.name,
        "description": kit.description or "",
        "build_target": kit.build_target,
        "contents-TOTAL_FORMS": len(rows),
        "contents-INITIAL_FORMS": len(rows),
    }
    for number, row in enumerate(rows):
        data |= {
            f"contents-{number}-id": row.pk,
            f"contents-{number}-kit": kit.pk,
            f"contents-{number}-part": row.part_id,
            f"contents-{number}-required_per_unit": row.required_per_unit,
            f"contents-{number}-note": row.note or "",
        }
    return data | fields


class TestKitAdmin:
    def test_a_changed_row_gets_a_new_version(self, chief: Client) -> None:
        row = KitContentFactory.create()
        before = row.version
        chief.post(f"{LIST}{row.kit_id}/change/", form(row.kit, **{"contents-0-required_per_unit": 7}))
        row.refresh_from_db()
        assert (row.required_per_unit, row.version) == (7, before + 1)

    def test_an_untouched_row_keeps_its_version(self, chief: Client) -> None:
        row = KitContentFactory.create()
        before = row.version
        chief.post(f"{LIST}{row.kit_id}/change/", form(row.kit, build_target=3))
        row.refresh_from_db()
        assert row.version == before
        assert Kit.objects.get(pk=row.kit_id).build_target == 3

    def test_an_archived_kit_can_be_looked_at_only(self, chief: Client) -> None:
        kit = KitFactory.create()
        services.archive(kit.pk)
        assert kit.name in chief.get(f"{LIST}{kit.pk}/change/").content.decode()
        assert 'name="name"' not in chief.get(f"{LIST}{kit.pk}/change/").content.decode()

    def test_archives_and_unarchives_the_selected(self, chief: Client) -> None:
        kits = KitFactory.create_batch(2)
        chosen = {"_selected_action": [kit.pk for kit in kits]}
        chief.post(LIST, {"action": "archive", **chosen})
        assert Kit.objects.filter(status="archived").count() == 2
        again = chief.post(LIST, {"action": "archive", **chosen}, follow=True)
        assert "already" in again.content.decode()
        chief.post(LIST, {"action": "unarchive", **chosen})
        assert Kit.objects.filter(status="active").count() == 2

    def test_a_part_is_once_in_a_kit(self, chief: Client) -> None:
        row = KitContentFactory.create()
        new = {
            "contents-TOTAL_FORMS": 2,
            "contents-1-kit": row.kit_id,
            "contents-1-part": row.part_id,
            "contents-1-required_per_unit": 1,
        }
        response = chief.post(f"{LIST}{row.kit_id}/change/", form(row.kit, **new))
        assert response.status_code == 200
        assert KitContent.objects.count() == 1


class TestWhatTheServicesRefuse:
    """The page comes back with the sentence and with everything typed; nothing is saved."""

    def test_a_row_that_is_gone(self, chief: Client) -> None:
        row = KitContentFactory.create()
        sent = form(row.kit, **{"contents-0-required_per_unit": 7})
        services.remove_content(row.kit_id, row.pk)
        assert chief.post(f"{LIST}{row.kit_id}/change/", sent).status_code == 200
        assert KitContent.objects.count() == 0

    def test_a_kit_that_is_archived_by_now(self, chief: Client) -> None:
        kit = KitFactory.create()
        services.archive(kit.pk)
        text = chief.post(f"{LIST}{kit.pk}/change/", form(kit, name="Typed")).content.decode()
        assert f"The kit {kit.name} is archived" in text
        assert 'value="Typed"' in text
        assert Kit.objects.get().name == kit.name

    def test_the_panel_gets_the_sentence_too(self, chief: Client) -> None:
        kit = KitFactory.create()
        services.archive(kit.pk)
        accept = {"Accept": "application/json"}
        answer = chief.post(f"{LIST}{kit.pk}/change/", form(kit, name="Typed"), headers=accept)
        assert answer.status_code == 400
        assert answer.json()["errors"][""] == [f"The kit {kit.name} is archived; unarchive it to change it."]

    def test_a_part_moves_from_one_row_to_another(self, chief: Client) -> None:
        row = KitContentFactory.create()
        moved = {
            "contents-0-DELETE": "on",
            "contents-TOTAL_FORMS": 2,
            "contents-1-kit": row.kit_id,
            "contents-1-part": row.part_id,
            "contents-1-required_per_unit": 9,
        }
        chief.post(f"{LIST}{row.kit_id}/change/", form(row.kit, **moved))
        assert [content.required_per_unit for content in row.kit.contents.all()] == [9]
