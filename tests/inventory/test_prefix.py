"""A site below a path of its proxy's, and the snippet of the documentation that makes it one."""

import json
import re
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import get_script_prefix
from pytest_django import Settings
from rest_framework.authtoken.models import Token

from inventory import environment
from inventory.origins import PREFIX as PREFIX_PATTERN
from tests.backends import free_port
from tests.factories import AttachmentFactory, PartFactory
from tests.plugins.files import picture
from tests.plugins.nginx import needs_nginx, running
from tests.plugins.server import ROOT, serving

pytestmark = pytest.mark.django_db

PREFIX = "/inventory"
# Every URL in a page that is a path of this host.
PATHS = re.compile(r'(?:href|src|action|data-[a-z-]+)="(/[^"]*)"')


def fetched(client: Client, url: str) -> int:
    """The status, once all of it has been read."""
    answer = client.get(url)
    # The client of a test closes an answer that has been read; a second time would close the test's connection.
    assert b"".join(answer)
    return answer.status_code


@pytest.fixture
def below(settings: Settings) -> None:
    settings.SCRIPT_NAME = PREFIX


@pytest.mark.usefixtures("below")
class TestPages:
    @pytest.mark.parametrize(
        "path", ["/", "/parts/part/", "/parts/part/{part}/change/", "/stock/box/", "/cas/commandreport/"]
    )
    def test_lead_nowhere_else(self, superuser: User, path: str) -> None:
        part = PartFactory.create()
        AttachmentFactory.create(image=True, owner=part, content=picture())
        client = Client()
        client.force_login(superuser)
        page = client.get(f"{PREFIX}/admin{path.format(part=part.pk)}")
        assert page.status_code == 200
        found = PATHS.findall(page.content.decode())
        assert len(found) > 10
        assert {url for url in found if not url.startswith(f"{PREFIX}/")} == set()
        for url in {url for url in found if "/static/" in url or "/api/cas/" in url}:
            assert fetched(client, url.replace("&amp;", "&")) == 200, url

    def test_are_the_same_where_the_proxy_takes_the_prefix_away(self) -> None:
        for path in ("/admin/login/", f"{PREFIX}/admin/login/"):
            page = Client().get(path)
            assert page.status_code == 200
            assert f'href="{PREFIX}/static/' in page.content.decode()
        assert get_script_prefix() == "/"

    def test_log_in_with_cookies_for_the_prefix(self, superuser: User) -> None:
        client = Client()
        body = {"username": "chief", "password": "secret"}
        answer = client.post(f"{PREFIX}/admin/login/", body)
        assert (answer.status_code, answer["Location"]) == (302, f"{PREFIX}/")
        assert {cookie["path"] for cookie in answer.cookies.values()} == {f"{PREFIX}/"}
        assert client.get(f"{PREFIX}/api/auth/logout")["Location"] == f"{PREFIX}/"
        away = client.get(f"{PREFIX}/admin/")
        assert away["Location"] == f"{PREFIX}/admin/login/?next={PREFIX}/admin/"

    def test_of_codes_lead_below_it_too(self, superuser: User, settings: Settings) -> None:
        settings.ALLOWED_HOSTS = ["parts.example"]
        part = PartFactory.create()
        client = Client(headers={"Host": "parts.example"})
        client.force_login(superuser)
        assert client.get(f"{PREFIX}/q/part/{part.key}")["Location"] == f"{PREFIX}/admin/parts/part/{part.pk}/change/"


@pytest.mark.usefixtures("below")
class TestApi:
    def test_names_urls_below_it(self, superuser: User) -> None:
        part = PartFactory.create()
        image = AttachmentFactory.create(image=True, owner=part, content=picture())
        client = Client()
        client.force_login(superuser)
        row = client.get(f"{PREFIX}/api/attachment-sets/{part.attachment_set_id}/attachments/{image.pk}").json()
        for name in ("attachment_url", "download_url", "thumbnail_url", "preview_url"):
            assert row[name].startswith(f"{PREFIX}/api/cas/")
            assert fetched(client, row[name]) == 200
        parts = client.get(f"{PREFIX}/api/parts?limit=1")
        assert f"<http://testserver{PREFIX}/api/parts?limit=1&offset=0>" in parts["Link"]
        assert parts.json()[0]["cover_url"].startswith(f"{PREFIX}/api/cas/")

    def test_has_a_schema_and_a_page_that_find_it(self, superuser: User) -> None:
        client = Client()
        client.force_login(superuser)
        assert client.get(f"{PREFIX}/api/schema").json()["servers"] == [{"url": PREFIX}]
        assert f'data-schema="{PREFIX}/api/schema"' in client.get(f"{PREFIX}/api/docs").content.decode()


class TestForwardedPrefix:
    @pytest.mark.parametrize(
        ("told", "address", "used"),
        [
            ("/tools/parts", "127.0.0.1", "/tools/parts/"),
            ("/tools/", "127.0.0.1", "/tools/"),
            ("/tools", "203.0.113.7", "/"),
            ("//evil.example", "127.0.0.1", "/"),
            ('/a"><script>', "127.0.0.1", "/"),
            ("/a/../b c", "127.0.0.1", "/"),
            ("/..", "127.0.0.1", "/"),
            ("/a/./b", "127.0.0.1", "/"),
            ("", "127.0.0.1", "/"),
        ],
    )
    def test_counts_when_a_proxy_says_it(self, settings: Settings, told: str, address: str, used: str) -> None:
        headers = {"X-Forwarded-Prefix": told}
        settings.USE_X_FORWARDED_PREFIX = True
        assert Client(headers=headers, REMOTE_ADDR=address).get("/")["Location"] == f"{used}admin/"
        settings.USE_X_FORWARDED_PREFIX = False
        assert Client(headers=headers, REMOTE_ADDR=address).get("/")["Location"] == "/admin/"

    @pytest.mark.once
    @pytest.mark.parametrize("name", ["inventory", "/a b", "//evil.example", "/a?b", "https://example.com/a"])
    def test_of_the_environment_is_checked(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        monkeypatch.setenv("SCRIPT_NAME", name)
        with pytest.raises(ImproperlyConfigured, match="must look like /inventory"):
            environment.prefix("SCRIPT_NAME", PREFIX_PATTERN)


@needs_nginx
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_the_snippet_of_the_documentation_works(tmp_path: Path, superuser: User) -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    [snippet] = re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)
    port, token = free_port(), Token.objects.create(user=superuser)
    with serving(SCRIPT_NAME=PREFIX) as server:
        snippet = snippet.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
        configuration = (
            f"pid {tmp_path / 'pid'}; daemon off; worker_processes 1; events {{}} http {{ access_log off; "
            + "".join(
                f"{name}_temp_path {tmp_path / name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
            )
            + f"server {{ listen 127.0.0.1:{port}; {snippet} }} }}"
        )
        with running(tmp_path, configuration, port):
            page, body = ask(port, f"{PREFIX}/admin/login/")
            assert page.status == 200
            [style, *_] = [url for url in PATHS.findall(body.decode()) if url.endswith(".css")]
            assert ask(port, style)[0].status == 200
            rows, body = ask(port, f"{PREFIX}/api/parts", Authorization=f"Token {token}")
            assert (rows.status, json.loads(body)) == (200, [])
            # With the port: the snippet passes the host on as the client has sent it.
            assert f"<http://127.0.0.1:{port}{PREFIX}/api/parts?limit=50&offset=0>" in (rows.headers["Link"] or "")
        # Who asks the server itself needs no prefix.
        assert ask(server.port, "/health/ready")[0].status == 200


def ask(port: int, path: str, **headers: str) -> tuple[Any, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body
