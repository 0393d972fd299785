"""A built frontend beside the admin: `FRONTEND_DIR`."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

INDEX = b"<!doctype html><title>The frontend</title>"
SCRIPT = b"console.log('built')"
IMMUTABLE = "public, max-age=31536000, immutable"


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_bytes(INDEX)
    (folder / "favicon.svg").write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "assets" / "index-4f3a.js").write_bytes(SCRIPT)
    (tmp_path / "secret.txt").write_bytes(b"secret")
    settings.FRONTEND_DIR = folder
    return folder


def get(path: str, **headers: str) -> tuple[Any, bytes]:
    answer: Any = Client(raise_request_exception=False).get(path, headers=headers)
    return answer, b"".join(answer) if answer.streaming else answer.content


class TestFile:
    def test_of_the_build_never_changes(self, folder: Path) -> None:
        answer, body = get("/assets/index-4f3a.js")
        assert (answer.status_code, body) == (200, SCRIPT)
        assert answer["Content-Type"] == "text/javascript"
        assert answer["Cache-Control"] == IMMUTABLE
        assert answer["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize("path", ["/", "/index.html", "/favicon.svg"])
    def test_of_another_name_is_asked_for_again(self, folder: Path, path: str) -> None:
        answer, _ = get(path)
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-cache")
        again, nothing = get(path, If_None_Match=answer["ETag"])
        assert (again.status_code, nothing, again["Cache-Control"]) == (304, b"", "no-cache")

    def test_of_an_older_build_is_sent_when_that_comes_back(self, folder: Path) -> None:
        answer, _ = get("/")
        index = folder / "index.html"
        index.write_bytes(b"older")
        os.utime(index, (0, 0))
        assert get("/", If_None_Match=answer["ETag"])[1] == b"older"
        assert get("/", If_Modified_Since="Fri, 20 Nov 2099 10:00:00 GMT")[1] == b"older"

    def test_is_told_of_without_its_content(self, folder: Path) -> None:
        answer = Client().head("/")
        assert (answer.status_code, answer.content, answer["Content-Length"]) == (200, b"", str(len(INDEX)))

    def test_has_a_policy_that_lets_the_frontend_work(self, folder: Path, settings: Settings) -> None:
        settings.STREAM_PORT = 8001
        for path in ("/", "/assets/index-4f3a.js"):
            answer, _ = get(path, Host="localhost:8000")
            policy = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
            assert policy["script-src"] == policy["worker-src"] == policy["frame-src"] == "'self'"
            assert policy["style-src"] == "'self' 'unsafe-inline'"
            assert policy["img-src"] == "'self' data: blob:"
            assert policy["connect-src"] == "'self' http://localhost:8001"
        # Over HTTPS the stream comes through the proxy.
        secure: Any = Client().get("/", secure=True)
        assert "connect-src 'self';" in secure["Content-Security-Policy"]
        b"".join(secure)


class TestPage:
    @pytest.mark.parametrize("path", ["/parts", "/parts/ABCD", "/kits/7?tab=x.y", "/boxes/", "/quick", "/administer"])
    def test_of_the_router_is_the_index(self, folder: Path, path: str) -> None:
        for headers in ({}, {"Accept": "text/html,*/*;q=0.8"}, {"Sec_Fetch_Mode": "navigate"}):
            answer, body = get(path, **headers)
            assert (answer.status_code, body, answer["Cache-Control"]) == (200, INDEX, "no-cache")

    @pytest.mark.parametrize(
        ("path", "headers"),
        [
            ("/assets/gone-1a2b.js", {}),
            ("/assets/gone", {"Sec_Fetch_Mode": "navigate"}),
            ("/robots.txt", {"Sec_Fetch_Mode": "navigate"}),
            ("/parts", {"Sec_Fetch_Mode": "cors"}),
            ("/parts", {"Accept": "application/json"}),
            ("/../secret.txt", {}),
            ("/assets/%2e%2e/%2e%2e/secret.txt", {}),
            ("/assets/%00.js", {}),
            ("/assets/" + "x" * 300, {}),
            ("/assets", {"Accept": "image/*"}),
        ],
    )
    def test_is_nothing_else(self, folder: Path, path: str, headers: dict[str, str]) -> None:
        answer, body = get(path, **headers)
        assert answer.status_code == (400 if "secret" in path else 404)
        assert b"secret" not in body
        assert "immutable" not in answer.get("Cache-Control", "")

    def test_is_read_and_not_written(self, folder: Path) -> None:
        assert Client().post("/parts").status_code == 405


class TestOthers:
    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("path", "status"),
        [
            ("/admin", 301),
            ("/admin/", 302),
            ("/admin/nothing", 302),
            ("/api", 404),
            ("/api/nothing", 404),
            ("/api/parts", 401),
            ("/static/nothing.js", 404),
            ("/health/live", 200),
            ("/health/readyz", 200),
            ("/health/nothing", 404),
            ("/metrics", 200),
            ("/q", 404),
            ("/q/nothing", 404),
        ],
    )
    def test_keep_their_addresses(self, folder: Path, path: str, status: int) -> None:
        answer, body = get(path, Accept="*/*")
        assert answer.status_code == status
        assert body != INDEX

    def test_without_a_frontend_the_root_leads_to_the_admin(self) -> None:
        assert Client().get("/")["Location"] == "/admin/"
        assert Client().get("/parts").status_code == 404
        assert Client().get("/assets/index-4f3a.js").status_code == 404
