"""Login by OpenID Connect, with a real small provider: who comes in, as whom, and with which rights."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import oidc_provider_mock
import pytest
import requests
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django import Settings

from inventory.models import SingleSignOnIdentity
from tests.backends import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db

Visit = Callable[..., Any]


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """Its address. It takes every client, and knows everybody who is put there."""
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(autouse=True)
def single_sign_on(provider: str, settings: Settings) -> None:
    settings.OIDC_ISSUER = provider
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "inventory", "secret"
    settings.OIDC_NAME = "Example"


@pytest.fixture
def visit(provider: str) -> Visit:
    """Log in there as somebody with these claims and come back, as a browser does. Returns the answer here."""

    def go(subject: str, client: Client | None = None, redirect: str = "/kits", **claims: Any) -> Any:
        client = client or Client()
        put = requests.put(f"{provider}/users/{quote(subject)}", json=claims, timeout=PATIENCE_SECONDS)
        assert put.status_code == 204
        away = client.get("/api/auth/sso", {"redirect": redirect})
        assert away.status_code == 302
        page = requests.post(away["Location"], data={"sub": subject}, allow_redirects=False, timeout=PATIENCE_SECONDS)
        return client.get(page.headers["Location"].removeprefix("http://testserver"))

    return go


class TestLogin:
    def test_is_offered_beside_the_password_and_leads_back(self, visit: Visit) -> None:
        client = Client()
        page = client.get(client.get("/api/auth/login", {"redirect": "/kits?x=1"})["Location"]).content.decode()
        assert '<a class="button" href="/api/auth/sso?redirect=%2Fkits%3Fx%3D1">Log in with Example</a>' in page
        assert 'name="password"' in page
        back = visit(
            "ann", client, "/kits?x=1", preferred_username="ann", given_name="Ann", family_name="Lee", email="a@b.c"
        )
        assert (back.status_code, back["Location"]) == (302, "/kits?x=1")
        asked = client.get("/api/auth/self").json()
        assert (asked["name"], asked["email"], asked["roles"]) == ("Ann Lee", "a@b.c", ["reader"])
        assert client.get("/api/auth/sso", {"redirect": "//evil.example"})["Location"] == "/"

    def test_makes_one_account_however_the_person_is_named(self, visit: Visit) -> None:
        visit("ann", preferred_username="ann")
        visit("ann", preferred_username="ann.lee", email="new@example.com")
        user = User.objects.get()
        assert (user.username, user.email, user.has_usable_password()) == ("ann", "new@example.com", False)

    def test_gives_nobody_an_account_of_the_same_name_or_mail(self, visit: Visit, superuser: User) -> None:
        client = Client()
        visit("stranger", client, preferred_username="chief", email=superuser.email)
        assert client.get("/api/auth/self").json()["roles"] == ["reader"]
        assert SingleSignOnIdentity.objects.get().user.username == "chief-2"

    def test_finds_a_free_name_for_one_that_is_only_written_otherwise(self, visit: Visit) -> None:
        User.objects.create_user("ann")
        # In full-width letters, which an account's name does not keep.
        assert visit("wide", preferred_username="\uff41\uff4e\uff4e").status_code == 302
        assert SingleSignOnIdentity.objects.get().user.username == "ann-2"

    def test_that_was_given_up_leaves_a_password_its_time(self, superuser: User) -> None:
        client = Client()
        client.get("/api/auth/sso")
        client.post("/admin/login/", {"username": "chief", "password": "secret"})
        assert client.session.get_expiry_age() == settings.SESSION_COOKIE_AGE

    def test_of_an_identity_that_was_given_to_an_older_account(self, visit: Visit, superuser: User) -> None:
        visit("boss", preferred_username="boss")
        SingleSignOnIdentity.objects.update(user=superuser)
        client = Client()
        visit("boss", client)
        assert client.get("/api/auth/self").json()["roles"] == ["admin", "editor", "reader"]

    def test_to_a_closed_account_is_refused(self, visit: Visit) -> None:
        visit("ann", preferred_username="ann")
        User.objects.update(is_active=False)
        back = visit("ann")
        assert back.status_code == 403
        assert "This account is closed" in back.content.decode()


class TestGroups:
    def test_are_those_of_the_claim_at_each_login(self, visit: Visit, settings: Settings) -> None:
        settings.OIDC_STAFF_GROUPS, settings.OIDC_ADMIN_GROUPS = ["workshop"], ["bosses"]
        for name in ("workshop", "storekeepers", "other"):
            Group.objects.create(name=name)
        visit("ann", preferred_username="ann", groups=["workshop", "storekeepers", "unknown here"])
        user = User.objects.get()
        assert set(user.groups.values_list("name", flat=True)) == {"workshop", "storekeepers"}
        assert (user.is_staff, user.is_superuser) == (True, False)
        visit("ann", groups="bosses")
        user.refresh_from_db()
        assert (user.groups.count(), user.is_staff, user.is_superuser) == (0, True, True)
        visit("ann", groups=[])
        user.refresh_from_db()
        assert (user.is_staff, user.is_superuser) == (False, False)

    def test_that_give_rights_take_them_when_the_claim_is_left_out(self, visit: Visit, settings: Settings) -> None:
        settings.OIDC_ADMIN_GROUPS = ["bosses"]
        visit("ann", groups=["bosses"])
        assert User.objects.get().is_superuser
        visit("ann")
        assert not User.objects.get().is_superuser

    def test_stay_when_the_provider_says_nothing_of_them(self, visit: Visit) -> None:
        visit("ann", preferred_username="ann")
        User.objects.get().groups.add(Group.objects.create(name="workshop"))
        User.objects.update(is_staff=True)
        visit("ann")
        assert User.objects.get().groups.count() == 1
        assert User.objects.get().is_staff

    @pytest.mark.parametrize(("groups", "status"), [(["guests", "workshop"], 302), (["guests"], 403), (None, 403)])
    def test_decide_who_may_come_in(self, visit: Visit, settings: Settings, groups: Any, status: int) -> None:
        settings.OIDC_ALLOWED_GROUPS = ["workshop"]
        assert visit("ann", **({} if groups is None else {"groups": groups})).status_code == status
        assert User.objects.exists() == (status == 302)

    def test_may_have_another_name(self, visit: Visit, settings: Settings) -> None:
        settings.OIDC_GROUPS_CLAIM, settings.OIDC_ADMIN_GROUPS = "roles", ["bosses"]
        visit("ann", roles=["bosses"])
        assert User.objects.get().is_superuser


class TestFails:
    def test_with_a_sentence_when_the_way_back_was_not_begun_here(self) -> None:
        for query in ("", "?code=made-up&state=made-up", "?error=access_denied&state=x"):
            back = Client().get(f"/api/auth/sso/callback{query}")
            assert back.status_code == 403
            assert "The login did not succeed; begin it once more." in back.content.decode()

    def test_with_a_sentence_when_the_provider_is_away(self, settings: Settings) -> None:
        settings.OIDC_ISSUER = "http://127.0.0.1:1"
        assert Client().get("/api/auth/sso").status_code == 502

    def test_without_a_provider_there_is_no_such_thing(self, settings: Settings) -> None:
        settings.OIDC_ISSUER = ""
        assert Client().get("/api/auth/sso").status_code == 404
        assert Client().get("/api/auth/sso/callback").status_code == 404
        assert "Log in with" not in Client().get("/admin/login/").content.decode()
