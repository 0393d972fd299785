"""The frontend's way in and out, and to its stream: navigations and redirects."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

pytestmark = pytest.mark.django_db


def code(answer: Any) -> tuple[int, str]:
    assert answer.json()["error"].endswith(".")
    return answer.status_code, answer.json()["details"]["code"]


class TestLogin:
    def test_of_the_page_itself_leads_to_the_start_without_a_page_in_mind(self, superuser: User) -> None:
        body = {"username": "chief", "password": "secret", "next": "https://evil.example/"}
        assert Client().post("/admin/login/", body)["Location"] == "/"

    @pytest.mark.parametrize(
        ("redirect", "target"),
        [
            ("/parts/ABCD?tab=documents&x=1", "/parts/ABCD?tab=documents&x=1"),
            ("/", "/"),
            ("", "/"),
            ("parts", "/"),
            ("https://evil.example/", "/"),
            ("http://testserver/parts", "/"),
            ("//evil.example/", "/"),
            ("///evil.example/", "/"),
            ("/\\evil.example/", "/"),
            ("\\\\evil.example/", "/"),
            ("/\t/evil.example/", "/"),
            ("/parts\r\nSet-Cookie: x=y", "/"),
            ("javascript:alert(1)", "/"),
        ],
    )
    def test_leads_to_the_page_and_back_to_a_path_of_this_site(
        self, superuser: User, redirect: str, target: str
    ) -> None:
        client = Client()
        answer = client.get("/api/auth/login", {"redirect": redirect})
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/?next=")
        assert "no-store" in answer["Cache-Control"]
        done = client.post(answer["Location"], {"username": "chief", "password": "secret"})
        assert (done.status_code, done["Location"]) == (302, target)
        # Who is logged in needs no page.
        assert client.get("/api/auth/login", {"redirect": redirect})["Location"] == target

    def test_is_for_those_who_are_no_staff_too(self) -> None:
        User.objects.create_user("guest", password="secret")
        client = Client()
        page = client.get("/api/auth/login", {"redirect": "/kits"})["Location"]
        assert client.post(page, {"username": "guest", "password": "secret"})["Location"] == "/kits"
        assert client.get("/api/auth/self").json()["roles"] == ["reader"]
        assert client.get("/admin/").status_code == 302

    def test_of_a_token_that_is_refused_is_no_circle(self, superuser: User) -> None:
        client = Client(headers={"Authorization": "Token wrong"})
        client.force_login(superuser)
        assert client.get("/api/auth/login")["Location"].startswith("/admin/login/")

    def test_is_not_needed_with_an_open_api(self, settings: Settings) -> None:
        settings.INVENTORY_OPEN_API = True
        assert Client().get("/api/auth/login", {"redirect": "/boxes"})["Location"] == "/boxes"

    def test_is_a_navigation(self) -> None:
        assert code(Client(enforce_csrf_checks=True).post("/api/auth/login")) == (405, "method_not_allowed")


class TestLogout:
    @pytest.mark.parametrize("site", ["same-origin", "same-site", "none", None])
    def test_ends_the_session(self, superuser: User, site: str | None) -> None:
        client = Client(headers={"Sec-Fetch-Site": site} if site else {})
        client.force_login(superuser)
        answer = client.get("/api/auth/logout")
        assert (answer.status_code, answer["Location"]) == (302, "/")
        assert client.get("/api/auth/self").status_code == 401

    def test_is_not_for_links_of_other_sites(self, superuser: User) -> None:
        client = Client()
        client.force_login(superuser)
        assert code(client.get("/api/auth/logout", headers={"Sec-Fetch-Site": "cross-site"})) == (
            403,
            "cross_site_request",
        )
        assert client.get("/api/auth/self").status_code == 200

    def test_of_nobody_is_no_error(self) -> None:
        assert Client().get("/api/auth/logout")["Location"] == "/"


class TestClosedAccount:
    def test_is_refused_and_not_sent_to_the_login_page(self, superuser: User) -> None:
        client = Client()
        client.force_login(superuser)
        User.objects.update(is_active=False)
        assert code(client.get("/api/auth/self")) == (403, "account_closed")
        client.get("/api/auth/logout")
        assert code(client.get("/api/auth/self")) == (401, "login_required")


class TestStream:
    """The web server has no streams; without a proxy it tells the way."""

    @pytest.mark.parametrize(
        ("host", "origin"),
        [
            ("localhost:8000", "http://localhost:8001"),
            ("127.0.0.1", "http://127.0.0.1:8001"),
            ("[::1]:8000", "http://[::1]:8001"),
        ],
    )
    def test_is_at_another_port(self, settings: Settings, host: str, origin: str) -> None:
        settings.STREAM_PORT = 8001
        answer = Client(headers={"Host": host}).get("/api/sse/stream?request_id=abc")
        assert (answer.status_code, answer["Location"]) == (307, f"{origin}/api/sse/stream?request_id=abc")
        assert answer["Cache-Control"] == "no-store"

    def test_over_https_needs_the_proxy(self) -> None:
        answer = Client().get("/api/sse/stream", secure=True)
        assert code(answer) == (400, "stream_needs_proxy")

    @pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
    def test_is_only_read(self, method: str) -> None:
        answer = Client(enforce_csrf_checks=True).generic(method, "/api/sse/stream")
        assert (answer.status_code, answer["Allow"]) == (405, "GET")

    def test_of_an_unknown_host_is_refused(self) -> None:
        assert code(Client(headers={"Host": "evil.example"}).get("/api/sse/stream")) == (400, "bad_host")


class TestWhatThisServerHasNot:
    @pytest.mark.parametrize("path", ["analyze", "cleanup", "create"])
    def test_is_said(self, superuser: User, path: str) -> None:
        client = Client()
        client.force_login(superuser)
        answer = client.post(f"/api/ai-parts/{path}", {"text": "x"})
        assert answer.status_code == 501
        assert answer.json() == {
            "error": "This server has no AI analysis; add the part by hand.",
            "details": {"code": "not_available"},
        }
        assert Client().post(f"/api/ai-parts/{path}").status_code == 401
