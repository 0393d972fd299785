"""A page that is older than what it would change, and one that is sent a second time."""

import re
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attachments.services import rename
from core.history.models import SavedForm
from kits.services import change_content
from parts.models import Part
from parts.services import update_part
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory, KitContentFactory, PartFactory
from tests.plugins.database import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "/admin/parts/part/add/"


def hidden(response: Any, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', response.content.decode())
    return "" if found is None else found[1]


def text(response: Any) -> str:
    return str(response.content.decode())


class TestStalePage:
    def test_is_refused_with_who_changed_what_and_what_was_typed_stays(
        self, chief: Client, api: ApiClient, superuser: User
    ) -> None:
        part = PartFactory.create(description="A timer")
        address = f"/admin/parts/part/{part.pk}/change/"
        seen = hidden(chief.get(address), "_seen_change")
        api.patch(f"/parts/{part.key}", {"description": "From the API"})

        page = chief.post(address, {"description": "Typed here", "_seen_change": seen})
        assert f"{superuser.username} changed description from “A timer” to “From the API” at" in text(page)
        assert "Typed here" in text(page)
        assert Part.objects.get().description == "From the API"

        # Whoever saves once more knows of it.
        again = {"description": "Typed here", "_seen_change": hidden(page, "_seen_change")}
        assert chief.post(address, again).status_code == 302
        assert Part.objects.get().description == "Typed here"

    def test_stays_stale_after_another_fault(self, chief: Client) -> None:
        part = PartFactory.create(description="A timer")
        address = f"/admin/parts/part/{part.pk}/change/"
        seen = hidden(chief.get(address), "_seen_change")
        update_part(part, description="By a command")
        page = chief.post(address, {"description": "", "_seen_change": seen})
        assert "This field is required" in text(page)
        page = chief.post(address, {"description": "Typed", "_seen_change": hidden(page, "_seen_change")})
        assert "A command changed description" in text(page)
        assert Part.objects.get().description == "By a command"

    def test_is_not_one_for_a_new_attachment(self, chief: Client) -> None:
        part = PartFactory.create(description="A timer")
        address = f"/admin/parts/part/{part.pk}/change/"
        seen = hidden(chief.get(address), "_seen_change")
        AttachmentFactory.create(image=True, owner=part)
        assert chief.post(address, {"description": "Typed", "_seen_change": seen}).status_code == 302

    def test_of_an_attachment_is_refused_too(self, chief: Client) -> None:
        row = AttachmentFactory.create(image=True, title="Front")
        address = f"/admin/attachments/attachment/{row.pk}/change/"
        form = {"title": "Typed", "kind": row.kind, "_seen_change": hidden(chief.get(address), "_seen_change")}
        rename(set_id=row.attachment_set_id, attachment_id=row.pk, title="Rear")
        assert "A command renamed “Front” to “Rear” at" in text(chief.post(address, form))
        row.refresh_from_db()
        assert row.title == "Rear"

    @pytest.mark.only("servers")
    def test_of_an_attachment_waits_for_the_set_first(self, chief: Client) -> None:
        row = AttachmentFactory.create(image=True, title="Front")
        address = f"/admin/attachments/attachment/{row.pk}/change/"
        form = {"title": "Typed", "kind": row.kind, "_seen_change": hidden(chief.get(address), "_seen_change")}
        with CaptureQueriesContext(connection) as queries:
            assert chief.post(address, form).status_code == 302
        locking = [query["sql"] for query in queries if re.search(r"FOR (NO KEY )?UPDATE", query["sql"])]
        locked = [found[1] for sql in locking if (found := re.search(r'FROM "(attachments_\w+)"', sql))]
        # Two who take them in another order wait for each other.
        assert locked[0] == "attachments_attachmentset"
        assert "attachments_attachment" in locked

    def test_of_a_kit_tells_of_its_rows(self, chief: Client) -> None:
        row = KitContentFactory.create(required_per_unit=1)
        address = f"/admin/kits/kit/{row.kit_id}/change/"
        form = {
            "name": "Typed",
            "build_target": 0,
            "contents-TOTAL_FORMS": 1,
            "contents-INITIAL_FORMS": 1,
            "contents-0-id": row.pk,
            "contents-0-kit": row.kit_id,
            "contents-0-part": row.part_id,
            "contents-0-required_per_unit": 7,
            "_seen_change": hidden(chief.get(address), "_seen_change"),
        }
        change_content(row.kit_id, row.pk, version=1, required_per_unit=3)
        page = chief.post(address, form)
        assert f"A command changed {row.part.key} in it: required per unit from “1” to “3”" in text(page)
        assert 'value="7"' in text(page)
        assert chief.post(address, form | {"_seen_change": hidden(page, "_seen_change")}).status_code == 302
        row.refresh_from_db()
        assert row.required_per_unit == 7

    def test_of_two_that_are_saved_at_the_same_moment_one_is_refused(self, chief: Client, superuser: User) -> None:
        part = PartFactory.create(description="A timer")
        address = f"/admin/parts/part/{part.pk}/change/"
        seen = hidden(chief.get(address), "_seen_change")

        def save(typed: str) -> int:
            client = Client()
            client.force_login(superuser)
            return client.post(address, {"description": typed, "_seen_change": seen}).status_code

        assert sorted(at_once(lambda: save("One"), lambda: save("Two"))) == [200, 302]


class TestFormThatIsSentAgain:
    def test_adds_nothing_and_leads_to_what_it_added(self, chief: Client) -> None:
        token = hidden(chief.get(ADD), "_form_token")
        chief.post(ADD, {"description": "A timer", "_form_token": token})
        part = Part.objects.get()
        page = chief.post(ADD, {"description": "A better timer", "_form_token": token})
        assert f"This form was saved already, as “{part}”." in text(page)
        assert f'href="/admin/parts/part/{part.pk}/change/"' in text(page)
        assert "A better timer" in text(page)
        assert Part.objects.count() == 1

        answer = chief.post(ADD, {"description": "x", "_form_token": token}, headers={"Accept": "application/json"})
        assert answer.json()["saved"] == f"/admin/parts/part/{part.pk}/change/"

    def test_is_another_one_on_a_new_page(self, chief: Client) -> None:
        for _ in range(2):
            token = hidden(chief.get(ADD), "_form_token")
            assert chief.post(ADD, {"description": "A timer", "_form_token": token}).status_code == 302
        assert Part.objects.count() == 2

    def test_keeps_its_token_while_it_has_faults(self, chief: Client) -> None:
        token = hidden(chief.get(ADD), "_form_token")
        page = chief.post(ADD, {"description": "", "_form_token": token})
        assert hidden(page, "_form_token") == token

    def test_twice_at_the_same_moment_adds_one(self, superuser: User) -> None:
        token = str(uuid.uuid4())

        def save() -> int:
            client = Client()
            client.force_login(superuser)
            return client.post(ADD, {"description": "A timer", "_form_token": token}).status_code

        assert sorted(at_once(save, save)) == [200, 302]
        assert Part.objects.count() == 1

    def test_may_be_saved_again_when_what_it_added_is_gone(self, chief: Client) -> None:
        token = hidden(chief.get(ADD), "_form_token")
        for _ in range(2):
            assert chief.post(ADD, {"description": "A timer", "_form_token": token}).status_code == 302
            Part.objects.get().delete()
        assert SavedForm.objects.count() == 1


class TestSession:
    def test_is_told_without_a_login_page(self, chief: Client) -> None:
        assert chief.get("/admin/session/").json() == {"logged_in": True}
        answer = Client().get("/admin/session/")
        assert (answer.status_code, answer.json()) == (200, {"logged_in": False})
        assert "no-store" in answer["Cache-Control"]
