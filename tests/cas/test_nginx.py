"""The example of docs/nginx.conf, in a real nginx, before the real server."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token

from cas.addresses import content_address
from cas.storage import FileSystemCASStorage, cas_storage
from parts.models import PartType
from tests.backends import free_port, wait_for_port
from tests.plugins.files import pdf, sha256
from tests.plugins.server import ROOT, serving

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
EXAMPLE = ROOT / "docs" / "nginx.conf"
DATA = pdf() + bytes(1_000_000)
LOCATION = "/internal/cas/"

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(NGINX is None and "CI" not in os.environ, reason="There is no nginx (Debian's nginx-light)."),
]

# Headers of the connection, or of the very answer.
_HOPS = {"date", "server", "connection", "keep-alive", "x-request-id", "x-correlation-id"}


def configuration(folder: Path, port: int, upstream: int) -> str:
    """The example as it stands, but for what its first lines say has to be adapted."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for pattern, instead in (
        (r"127\.0\.0\.1:8000", f"127.0.0.1:{upstream}"),
        (r"443 ssl", f"127.0.0.1:{port}"),
        (r" *ssl_certificate.*\n", ""),
        (r"/var/log/nginx/inventory\.log", str(folder / "access.log")),
        (r"/var/lib/inventory/store/cas/", f"{settings.DATA_DIR / 'store' / 'cas'}/"),
    ):
        text, count = re.subn(pattern, instead, text)
        assert count, pattern
    folders = "".join(
        f"{name}_temp_path {folder / name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    return (
        f"pid {folder / 'pid'}; error_log {folder / 'error.log'}; daemon off; worker_processes 1;"
        f"{'user root;' if os.geteuid() == 0 else ''} events {{}}\nhttp {{ {folders}\n{text}\n}}"
    )


Ask = Callable[..., tuple[int, dict[str, str], bytes]]


def asking(port: int) -> Ask:
    def ask(path: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, headers={"Host": "localhost", **names})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content

    return ask


@contextmanager
def nginx_serving(folder: Path, text: str, port: int) -> Iterator[Ask]:
    """Run nginx with this configuration. Gives how to ask it."""
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    process = subprocess.Popen([NGINX or "nginx", "-e", folder / "error.log", "-c", folder / "nginx.conf"])
    try:
        wait_for_port(port, process)
        yield asking(port)
    finally:
        process.terminate()
        process.wait(20)


def without_hops(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in _HOPS}


@pytest.fixture(scope="module")
def servers(django_db_setup: None, static_files: None, tmp_path_factory: Any) -> Iterator[tuple[Ask, Ask, Path]]:
    """How to ask nginx, how to ask the server without it, and nginx's folder."""
    folder = tmp_path_factory.mktemp("nginx")
    port = free_port()
    with (
        serving(CAS_ACCEL_REDIRECT=LOCATION) as behind,
        serving() as direct,
        nginx_serving(folder, configuration(folder, port, behind.port), port) as ask,
    ):
        yield ask, asking(direct.port), folder


@pytest.fixture
def address(keep: Callable[[bytes], str]) -> str:
    return content_address(keep(DATA), "application/pdf", "datasheet.pdf")


class TestBehindNginx:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Range": "bytes=0-0"},
            {"Range": "bytes=100-199"},
            {"Range": "bytes=-7"},
            {"Range": "bytes=1000000-"},
            {"Range": "bytes=nonsense"},
            {"Range": "bytes=5-2,7-9"},
            {"Range": "bytes=0-1,5-9"},
            {"Range": ",".join(["bytes=0-0", *(f"{n}-{n}" for n in range(1, 900))])},
            {"Range": "bytes=0-9", "If_Range": f'"{sha256(DATA)}"'},
            {"Range": "bytes=0-9", "If_Range": '"another"'},
            {"Range": "bytes=99000000-"},
            {"If_None_Match": f'"{sha256(DATA)}"'},
            {"If_None_Match": '"another"'},
            {"If_Modified_Since": "Fri, 20 Nov 2099 10:00:00 GMT"},
        ],
        ids=str,
    )
    def test_the_answer_is_the_same(
        self, servers: tuple[Ask, Ask, Path], address: str, headers: dict[str, str]
    ) -> None:
        nginx, direct, _ = servers
        # Of HEAD with a range nginx tells what GET would get; RFC 9110 (section 14.2) knows ranges of GET only.
        for method in ("GET",) if "Range" in headers else ("GET", "HEAD"):
            status, given, body = nginx(address, method, **headers)
            expected_status, expected, expected_body = direct(address, method, **headers)
            assert (status, body) == (expected_status, expected_body)
            assert without_hops(given) == without_hops(expected)

    def test_a_stranger_gets_nothing(self, servers: tuple[Ask, Ask, Path], address: str) -> None:
        nginx, _, _ = servers
        assert nginx(address.replace("datasheet", "another"))[0] == 403
        assert nginx(f"{LOCATION}{sha256(DATA)}")[0] == 404

    def test_an_unknown_content_is_our_404(self, servers: tuple[Ask, Ask, Path]) -> None:
        nginx, _, _ = servers
        status, headers, _ = nginx(content_address("0" * 64, "application/pdf", "x.pdf"))
        assert (status, headers["content-type"]) == (404, "application/json")

    def test_the_way_to_the_file_is_not_told(self, servers: tuple[Ask, Ask, Path], address: str) -> None:
        nginx, _, _ = servers
        assert "x-accel-redirect" not in nginx(address)[1]

    def test_a_body_in_chunks_arrives_with_its_length(self, servers: tuple[Ask, Ask, Path], superuser: User) -> None:
        nginx, direct, _ = servers
        token = Token.objects.create(user=superuser)
        headers = {"Content_Type": "application/json", "Authorization": f"Token {token}"}
        # Without a length http.client sends an iterable in chunks.
        assert nginx("/api/types", "POST", iter([b'{"name": ', b'"Diode"}']), **headers)[0] == 201
        assert direct("/api/types", "POST", iter([b'{"name": ', b'"Fuse"}']), **headers)[0] == 411
        assert [part_type.name for part_type in PartType.objects.all()] == ["Diode"]

    def test_the_log_has_no_signature(self, servers: tuple[Ask, Ask, Path], address: str) -> None:
        nginx, _, folder = servers
        nginx(address)
        log = (folder / "access.log").read_text(encoding="utf-8")
        assert sha256(DATA) in log
        assert "sig=" not in log


@pytest.fixture
def broken(
    request: pytest.FixtureRequest, servers: tuple[Ask, Ask, Path], tmp_path: Path
) -> Iterator[tuple[Ask, Path]]:
    """An nginx before the same server, whose path or rights are wrong."""
    text = (servers[2] / "nginx.conf").read_text(encoding="utf-8").replace(str(servers[2]), str(tmp_path))
    port = free_port()
    text = re.sub(r"listen 127\.0\.0\.1:\d+", f"listen 127.0.0.1:{port}", text)
    if request.param == "path":
        text = text.replace(f"{settings.DATA_DIR / 'store' / 'cas'}/", f"{tmp_path / 'nothing'}/")
    else:
        text = text.replace("user root;", "user nobody nogroup;")
    with nginx_serving(tmp_path, text, port) as ask:
        yield ask, tmp_path


class TestCaching:
    """An error that is cached for a year outlives its cause by a year."""

    @pytest.mark.parametrize(("broken", "status"), [("path", 404), ("rights", 403)], indirect=["broken"])
    def test_no_error_of_nginx_is_cached(self, broken: tuple[Ask, Path], address: str, status: int) -> None:
        if not isinstance(cas_storage(), FileSystemCASStorage):
            pytest.skip("Nothing is handed out by nginx.")
        if os.geteuid() != 0 and status == 403:
            pytest.skip("Only root can start a process that may not read what we may.")
        ask, _ = broken
        for headers in ({}, {"Range": "bytes=0-9"}):
            found, given, _ = ask(address, **headers)
            assert found == status
            assert "immutable" not in given.get("cache-control", "")
            assert "expires" not in given

    @pytest.mark.parametrize("variant", [0, 1], ids=["nginx", "direct"])
    def test_contents_are_and_errors_are_not(self, servers: tuple[Ask, Ask, Path], address: str, variant: int) -> None:
        ask = servers[:2][variant]
        unknown = content_address("0" * 64, "application/pdf", "x.pdf")
        seen: dict[int, bool] = {}
        for path, method, headers in (
            (address, "GET", {}),
            (address, "GET", {"Range": "bytes=0-9"}),
            (address, "GET", {"If_None_Match": f'"{sha256(DATA)}"'}),
            (address, "GET", {"Range": "bytes=99000000-"}),
            (address.replace("datasheet", "another"), "GET", {}),
            (unknown, "GET", {}),
            (f"{address}&content_type=x", "GET", {}),
            (address, "POST", {}),
            (LOCATION + sha256(DATA), "GET", {}),
        ):
            status, given, _ = ask(path, method, **headers)
            is_cached = given.get("cache-control", "") == "public, max-age=31536000, immutable"
            assert seen.setdefault(status, is_cached) == is_cached
            assert "x-content-cache-control" not in given
        assert {status for status, is_cached in seen.items() if is_cached} == {200, 206, 304}
        assert {400, 403, 404, 405, 416} <= seen.keys()


def test_the_store_of_this_run_decides_what_is_tested(servers: tuple[Ask, Ask, Path], address: str) -> None:
    """A folder is handed out by nginx; a bucket cannot be, and is streamed."""
    nginx, _, folder = servers
    assert nginx(address)[2] == DATA
    errors = (folder / "error.log").read_text(encoding="utf-8")
    assert "[error]" not in errors, errors
    assert isinstance(cas_storage(), FileSystemCASStorage) == (settings.AWS_STORAGE_BUCKET_NAME == "")
