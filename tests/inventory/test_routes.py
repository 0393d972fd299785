"""What every route has in common: no slash at the end, and JSON whatever goes wrong."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

pytestmark = pytest.mark.django_db

LIVE = ["/api/parts", "/api/types", "/api/kits", "/api/auth/self", "/api/parts/copy-attachment"]


@pytest.fixture
def member(superuser: User) -> Client:
    """Somebody logged in, who sees errors as the world outside does."""
    client = Client(raise_request_exception=False)
    client.force_login(superuser)
    return client


def assert_error(answer: Any, status: int, code: str) -> None:
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["details"]["code"] == code
    assert answer.json()["error"]


def api_routes() -> list[str]:
    def walk(patterns: list[URLPattern | URLResolver], prefix: str) -> list[str]:
        found = []
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            found += walk(pattern.url_patterns, route) if isinstance(pattern, URLResolver) else [route]
        return found

    return [route for route in walk(get_resolver().url_patterns, "") if route.startswith("api/")]


class TestSlash:
    def test_no_route_ends_in_one(self) -> None:
        assert len(api_routes()) > 10
        assert [route for route in api_routes() if route.endswith("/")] == []

    @pytest.mark.parametrize("path", LIVE)
    @pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
    def test_one_too_many_is_unknown_and_never_a_redirect(self, member: Client, path: str, method: str) -> None:
        assert_error(member.generic(method, f"{path}/"), 404, "not_found")

    def test_one_too_few_on_a_page_is_no_matter(self, member: Client) -> None:
        assert member.get("/admin").status_code == 301


class TestUnknownRoute:
    @pytest.mark.parametrize(
        "path", ["/api", "/api/", "/api/nothing", "/api/parts/ABCD/attachments", "/api/%00", "/api/..%2f"]
    )
    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_is_json(self, path: str, method: str) -> None:
        answer = Client().generic(method, path)
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/json"

    def test_is_json_in_debug_mode_too(self, settings: Settings) -> None:
        settings.DEBUG = True
        assert_error(Client().get("/api/nothing"), 404, "not_found")

    def test_is_told_to_a_program_without_csrf_token(self) -> None:
        client = Client(enforce_csrf_checks=True)
        assert_error(client.post("/api/nothing", {}, "application/json"), 404, "not_found")

    def test_elsewhere_is_a_page(self) -> None:
        answer = Client().get("/nothing")
        assert answer.status_code == 404
        assert answer["Content-Type"].startswith("text/html")


class TestMethod:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("PUT", "/api/parts"),
            ("DELETE", "/api/parts"),
            ("POST", "/api/auth/self"),
            ("PATCH", "/api/types"),
            ("TRACE", "/api/parts"),
            ("BREW", "/api/parts"),
        ],
    )
    def test_that_does_not_exist(self, member: Client, method: str, path: str) -> None:
        answer = member.generic(method, path)
        assert_error(answer, 405, "method_not_allowed")
        assert "GET" in answer["Allow"]


class TestBody:
    @pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""])
    def test_of_another_type(self, member: Client, kind: str) -> None:
        answer = member.generic("POST", "/api/parts", b"description=x", kind)
        assert_error(answer, 415, "unsupported_media_type")

    @pytest.mark.parametrize("accept", ["text/html", "application/xml"])
    def test_that_is_wanted_as_something_else(self, member: Client, accept: str) -> None:
        assert_error(member.get("/api/parts", headers={"Accept": accept}), 406, "not_acceptable")

    @pytest.mark.parametrize(
        "text",
        [
            *("{", "nonsense", '{"description": NaN}', '{"description": Infinity}', "[]", '"text"', "null", "7"),
            *("[" * 100_000, '{"a":' * 100_000, '{"description": "x"} trailing', "'{}'"),
        ],
    )
    def test_that_is_no_json_object(self, member: Client, text: str) -> None:
        assert_error(member.post("/api/parts", text, "application/json"), 400, "malformed")

    @pytest.mark.parametrize(
        "body", [b"\xff\xfe{}", b'{"description": "\xff"}', '{"description": "x"}'.encode("utf-16")]
    )
    def test_that_is_not_utf_8(self, member: Client, body: bytes) -> None:
        assert_error(member.generic("POST", "/api/parts", body, "application/json"), 400, "malformed")

    def test_that_is_empty_has_no_fields(self, member: Client) -> None:
        assert_error(member.post("/api/parts", "", "application/json"), 400, "invalid")

    @pytest.mark.parametrize(
        ("description", "why"),
        [
            ("x" * 100_000, "too long"),
            ("a\x00b", "NUL"),
            ("\ud800", "half a character"),
            ({"a": "b"}, "an object"),
            (["x"], "a list"),
            (None, "null"),
            (True, "a truth"),
            ("", "blank"),
        ],
    )
    def test_with_a_field_that_is_wrong(self, member: Client, description: Any, why: str) -> None:
        answer = member.post("/api/parts", json.dumps({"description": description}), "application/json")
        assert_error(answer, 400, "invalid")
        assert "description" in answer.json()["details"]["fields"]

    def test_unknown_fields_are_ignored(self, member: Client) -> None:
        body = {"description": "x", "nonsense": {"deep": [1]}, "key": "AAAA", "id": 7}
        assert member.post("/api/parts", body, "application/json").status_code == 201

    def test_that_is_too_large(self, member: Client, settings: Settings) -> None:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        answer = member.post("/api/parts", json.dumps({"description": "x" * limit}), "application/json")
        assert_error(answer, 400, "body_too_large")

    def test_as_large_as_allowed_is_read(self, member: Client, settings: Settings) -> None:
        body = json.dumps({"description": "x", "nonsense": ""})
        body = json.dumps({"description": "x", "nonsense": "y" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE - len(body))})
        assert len(body) == settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        assert member.post("/api/parts", body, "application/json").status_code == 201


class TestHost:
    def test_a_wrong_name_is_refused(self) -> None:
        client = Client(raise_request_exception=False)
        assert_error(client.get("/api/parts", headers={"Host": "evil.example"}), 400, "bad_host")

    @pytest.mark.parametrize("host", ["a b", "x" * 300, "localhost:port", "[::1", "localhost\x00"])
    def test_so_is_nonsense(self, host: str) -> None:
        client = Client(raise_request_exception=False)
        assert client.get("/api/parts", headers={"Host": host}).status_code == 400


class TestCsrf:
    def test_a_write_of_a_session_needs_the_token(self, superuser: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(superuser)
        answer = client.post("/api/types", {"name": "Resistor"}, "application/json")
        assert_error(answer, 403, "forbidden")

    def test_with_the_token_it_works(self, superuser: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(superuser)
        client.cookies["csrftoken"] = token = "t" * 32
        answer = client.post("/api/types", {"name": "Resistor"}, "application/json", headers={"X-CSRFToken": token})
        assert answer.status_code == 201

    def test_a_page_without_it_is_answered_with_a_sentence(self) -> None:
        answer = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "x", "password": "y"})
        assert answer.status_code == 403
        assert "load it again" in answer.content.decode()
