"""Who may do what through the API, and who one is."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import Settings
from rest_framework.authtoken.models import Token
from rest_framework.views import APIView

from inventory.auth import LocalUser, LocalUserAuthentication
from parts.models import PartType

pytestmark = pytest.mark.django_db

NEW = {"name": "Resistor"}


def logged_in(*permissions: str, **fields: Any) -> Client:
    """A client of a new user with these permissions."""
    user = User.objects.create_user("somebody", **fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


class TestWriting:
    def test_needs_the_permission_of_the_model(self) -> None:
        client = logged_in("add_parttype")
        created = client.post("/api/types", NEW, "application/json")
        assert created.status_code == 201
        address = f"/api/types/{created.json()['id']}"
        for refused in (client.delete(address), client.put(address, NEW, "application/json")):
            assert refused.status_code == 403
            assert refused.json()["details"]["code"] == "forbidden"

    def test_a_method_that_does_not_exist_is_no_matter_of_permissions(self) -> None:
        assert logged_in().delete("/api/types").status_code == 405


class TestSession:
    def test_from_an_old_page_is_told_so(self, superuser: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(superuser)
        answer = client.post("/api/types", NEW, "application/json")
        assert answer.status_code == 403
        assert answer.json()["error"].startswith("The page is too old")


class TestSessionWrite:
    """Of a page that has no token: the browser says whose page it is."""

    def status(self, user: User, **headers: str) -> int:
        client = Client(enforce_csrf_checks=True, headers={"Host": "parts.lan:8000", **headers})
        client.force_login(user)
        return client.post("/api/types", NEW, "application/json").status_code

    @pytest.fixture(autouse=True)
    def hosts(self, settings: Settings) -> None:
        settings.ALLOWED_HOSTS = ["parts.lan"]
        settings.CSRF_TRUSTED_ORIGINS = ["https://front.example.com"]

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "same-origin"},
            {"Sec-Fetch-Site": "same-origin", "Origin": "http://parts.lan:8000"},
            {"Origin": "http://parts.lan:8000"},
            {"Origin": "https://front.example.com"},
        ],
    )
    def test_of_this_site_is_taken(self, superuser: User, headers: dict[str, str]) -> None:
        assert self.status(superuser, **headers) == 201

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Sec-Fetch-Site": "none"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "Same-Origin"},
            {"Sec-Fetch-Site": ""},
            {"Sec-Fetch-Site": "none", "Origin": "http://parts.lan:8000"},
            {"Sec-Fetch-Site": "same-site", "Origin": "http://parts.lan:8000"},
            {"Sec-Fetch-Site": "same-site", "Origin": "https://front.example.com"},
            {"Sec-Fetch-Site": "cross-site", "Origin": "https://front.example.com"},
            {"Origin": "null"},
            {"Origin": "https://parts.lan:8000"},
            {"Origin": "http://parts.lan"},
            {"Origin": "http://parts.lan:8001"},
            {"Origin": "http://evil.example"},
            {"Referer": "http://parts.lan:8000/"},
        ],
    )
    def test_of_any_other_is_not(self, superuser: User, headers: dict[str, str]) -> None:
        assert self.status(superuser, **headers) == 403
        assert not PartType.objects.exists()

    def test_is_not_taken_where_any_name_is_this_site(self, superuser: User, settings: Settings) -> None:
        settings.ALLOWED_HOSTS = ["*"]
        assert self.status(superuser, **{"Sec-Fetch-Site": "same-origin"}) == 403

    def test_in_the_admin_needs_its_token_as_ever(self, superuser: User) -> None:
        client = Client(enforce_csrf_checks=True, headers={"Host": "parts.lan:8000", "Sec-Fetch-Site": "same-origin"})
        client.force_login(superuser)
        assert client.post("/admin/parts/parttype/add/", NEW).status_code == 403


class TestToken:
    def test_logs_in(self, superuser: User) -> None:
        token = Token.objects.create(user=superuser)
        client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Token {token}"})
        assert client.post("/api/types", NEW, "application/json").status_code == 201

    @pytest.mark.parametrize("header", ["Token wrong", "Token", "Token a b", "Token \xff"])
    def test_a_wrong_one_does_not(self, superuser: User, header: str) -> None:
        client = Client(headers={"Authorization": header})
        client.force_login(superuser)
        answer = client.get("/api/types")
        assert answer.status_code == 401
        assert answer.json()["details"]["code"] == "login_required"

    def test_that_of_somebody_who_left_does_not(self, superuser: User) -> None:
        token = Token.objects.create(user=superuser)
        User.objects.update(is_active=False)
        assert Client(headers={"Authorization": f"Token {token}"}).get("/api/types").status_code == 401


class TestSelf:
    def ask(self, client: Client) -> Any:
        answer = client.get("/api/auth/self")
        assert answer.status_code == 200
        return answer.json()

    def test_an_admin_has_all_roles(self, superuser: User) -> None:
        client = Client()
        client.force_login(superuser)
        assert self.ask(client) == {
            "subject": str(superuser.pk),
            "name": "chief",
            "email": "chief@example.com",
            "roles": ["admin", "editor", "reader"],
        }

    @pytest.mark.parametrize("permission", ["change_part", "change_attachment", "change_kit"])
    def test_who_may_change_something_is_an_editor(self, permission: str) -> None:
        assert self.ask(logged_in(permission))["roles"] == ["editor", "reader"]

    @pytest.mark.parametrize("permissions", [(), ("view_part",), ("add_part", "delete_part")])
    def test_everybody_else_is_a_reader(self, permissions: tuple[str, ...]) -> None:
        assert self.ask(logged_in(*permissions))["roles"] == ["reader"]

    def test_has_the_full_name_where_there_is_one(self) -> None:
        asked = self.ask(logged_in(first_name="Ada", last_name="Lovelace"))
        assert (asked["name"], asked["email"]) == ("Ada Lovelace", None)


class TestOpenApi:
    """INVENTORY_OPEN_API: one person on a trusted network, without login and CSRF."""

    @pytest.fixture(autouse=True)
    def opened(self, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
        settings.INVENTORY_OPEN_API = True
        # What the setting chooses when the process starts.
        monkeypatch.setattr(APIView, "authentication_classes", [LocalUserAuthentication])

    def test_anybody_may_do_anything(self) -> None:
        client = Client(enforce_csrf_checks=True)
        created = client.post("/api/types", NEW, "application/json")
        assert created.status_code == 201
        assert client.get("/api/types").status_code == 200
        assert client.delete(f"/api/types/{created.json()['id']}").status_code == 204

    def test_one_is_a_local_user_with_all_roles(self) -> None:
        assert Client().get("/api/auth/self").json() == {
            "subject": "local",
            "name": "Local user",
            "email": None,
            "roles": ["admin", "editor", "reader"],
        }

    def test_the_local_user_is_somebody(self) -> None:
        user = LocalUser()
        assert (user.is_authenticated, user.is_anonymous, user.has_perm("whatever")) == (True, False, True)

    def test_a_page_of_another_site_may_not(self) -> None:
        answer = Client().post("/api/types", NEW, "application/json", headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403

    def test_the_admin_still_asks_for_a_login(self) -> None:
        assert Client().get("/admin/").status_code == 302
