"""Who did what to a part: by API and admin, with a login and without, for those who may see it."""

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.authtoken.models import Token
from rest_framework.views import APIView

from core.history.models import HistoryEntry
from inventory.auth import LocalUserAuthentication
from parts import services
from parts.models import Part, Tag
from stock.services import set_minimum
from tests.conftest import ApiClient
from tests.factories import PartFactory, PartTypeFactory
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db


def told(part: Part) -> list[str]:
    return [f"{entry.actor_name} {entry.text}" for entry in HistoryEntry.objects.of(part)]


class TestServices:
    def test_say_what_was_before_and_after(self) -> None:
        part = services.create_part(description="A timer", tags=["analog"])
        services.update_part(
            part, description="A better timer", type=PartTypeFactory.create(name="Timer"), tags=["analog", "dip"]
        )
        assert told(part)[0] == (
            "A command changed description from “A timer” to “A better timer”, "
            "tags from “analog” to “analog, dip”, type to “Timer”"
        )

    def test_say_nothing_of_what_stays(self) -> None:
        part = services.create_part(description="A timer", tags=["analog"], minimum_quantity=5)
        services.update_part(part, description="A timer", tags=["analog"], minimum_quantity=5)
        assert told(part) == ["A command added it"]
        services.update_part(part, minimum_quantity=7)
        assert told(part)[0] == "A command changed minimum quantity from “5” to “7”"

    def test_of_a_duplicate_and_of_what_is_gone(self) -> None:
        part = services.create_part(description="A timer")
        assert told(services.duplicate_part(part)) == [f"A command added it as a duplicate of {part.key}"]
        gone = Part.objects.get(pk=part.pk)
        services.delete_part(part)
        assert told(gone)[0] == "A command deleted it"
        assert HistoryEntry.objects.of(gone)[0].name == str(gone)

    def test_take_one_statement_for_it(self) -> None:
        services.create_part(description="A first one")  # The content type is known afterwards.
        with CaptureQueriesContext(connection) as statements:
            services.create_part(description="A timer")
        about = [query["sql"] for query in statements if re.search("core_history|content_type", query["sql"])]
        assert [sql.split()[0] for sql in about] == ["INSERT"]


class TestWho:
    def test_is_the_person_of_the_token(self, api: ApiClient) -> None:
        key = api.post("/parts", {"description": "A timer"}).json()["key"]
        user = User.objects.get()
        assert told(Part.objects.get(key=key)) == [f"{user.username} added it"]
        entry = HistoryEntry.objects.get()
        assert entry.actor == user

    def test_stays_by_name_when_the_account_goes(self, api: ApiClient) -> None:
        api.post("/parts", {"description": "A timer"})
        name = User.objects.get().username
        User.objects.all().delete()
        entry = HistoryEntry.objects.get()
        assert (entry.actor, entry.actor_name) == (None, name)

    def test_is_the_local_user_of_an_open_api(self, anonymous: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(APIView, "authentication_classes", [LocalUserAuthentication])
        anonymous.post("/parts", {"description": "A timer"})
        assert told(Part.objects.get()) == ["Local user added it"]


class TestAdmin:
    def test_writes_one_entry_for_a_save(self, chief: Client, superuser: User) -> None:
        chief.post("/admin/parts/part/add/", {"description": "A timer"})
        part = Part.objects.get()
        chief.post(f"/admin/parts/part/{part.pk}/change/", {"description": "A better timer"})
        assert told(part) == [
            f"{superuser.username} changed description from “A timer” to “A better timer”",
            f"{superuser.username} added it",
        ]
        page = chief.get(f"/admin/parts/part/{part.pk}/history/").content.decode()
        assert "changed description from “A timer” to “A better timer”" in page

    def test_writes_what_no_service_does(self, chief: Client, superuser: User) -> None:
        chief.post("/admin/parts/tag/add/", {"name": "smd"})
        user = User.objects.create_user("anna")
        chief.post(
            f"/admin/auth/user/{user.pk}/change/",
            {"username": "anne", "is_active": "on", "date_joined_0": "2026-01-01", "date_joined_1": "00:00"},
        )
        assert [str(entry) for entry in HistoryEntry.objects.of(User.objects.get(pk=user.pk))] == [
            f"{superuser.username}: Changed Username and Date joined."
        ]
        tag = Tag.objects.get()
        chief.post("/admin/parts/tag/", {"action": "delete_selected", "_selected_action": tag.pk, "post": "yes"})
        page = chief.get("/admin/core/historyentry/?q=smd").content.decode()
        assert "deleted it" in page

    def test_does_not_tell_tokens(self, chief: Client, superuser: User) -> None:
        chief.post("/admin/authtoken/tokenproxy/add/", {"user": superuser.pk})
        token = Token.objects.get()
        chief.post(f"/admin/authtoken/tokenproxy/{superuser.pk}/delete/", {"post": "yes"})
        entries = list(HistoryEntry.objects.values_list("verb", "parameters"))
        assert sorted(verb for verb, _ in entries) == ["added", "deleted"]
        assert all(parameters["name"] == "Token of chief" for _, parameters in entries)
        chief.get("/admin/")  # Where whoever made it is told, once.
        assert token.key not in chief.get("/admin/core/historyentry/").content.decode()

    def test_shows_it_to_those_who_may_see_the_part(self, staff: Callable[..., Client]) -> None:
        part = PartFactory.create()
        address = f"/admin/parts/part/{part.pk}/history/"
        client = staff("parts.view_part")
        assert client.get(address).status_code == 200
        assert client.get("/admin/core/historyentry/").status_code == 403
        assert Client().get(address).status_code == 302

    def test_cannot_change_it(self, chief: Client) -> None:
        services.create_part(description="A timer")
        entry = HistoryEntry.objects.get()
        assert chief.post(f"/admin/core/historyentry/{entry.pk}/delete/", {"post": "yes"}).status_code == 403
        with pytest.raises(TypeError):
            entry.save()
        with pytest.raises(TypeError):
            entry.delete()


class TestApi:
    def test_tells_the_latest_first_in_pages(self, api: ApiClient) -> None:
        key = api.post("/parts", {"description": "A timer"}).json()["key"]
        api.patch(f"/parts/{key}", {"description": "A better timer"})
        answer = api.get(f"/parts/{key}/changes?limit=1")
        assert answer["X-Total-Count"] == "2"
        (entry,) = answer.json()
        assert entry["verb"] == "changed"
        assert entry["parameters"]["changes"] == {"description": ["A timer", "A better timer"]}
        assert entry["text"] == "changed description from “A timer” to “A better timer”"
        assert entry["actor"] == User.objects.get().username
        assert api.get("/parts/ZZZZ/changes").status_code == 404


def test_reading_is_as_quick_for_many(api: ApiClient) -> None:
    part = services.create_part(description="A timer")

    def queries() -> int:
        return queries_of(lambda: api.get(f"/parts/{part.key}/changes"))

    few = queries()
    for number in range(1, 31):
        set_minimum(part, number)
        services.update_part(part, description=f"Timer {number}")
    assert queries() == few
