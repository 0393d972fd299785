"""The example of docs/nginx.conf, in a real nginx, before the real server."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token

from cas.signing import content_url
from cas.storage import FileSystemCASStorage, cas_storage
from parts.models import PartType
from tests.backends import free_port
from tests.plugins.deaths import wait_until
from tests.plugins.files import pdf, sha256
from tests.plugins.nginx import Ask, asking, needs_nginx, nginx, requests_for, running, same_answer
from tests.plugins.server import Server, serving

DATA = pdf() + bytes(1_000_000)
LOCATION = "/internal/s3/" if settings.AWS_STORAGE_BUCKET_NAME else "/internal/cas/"
STORE = urlsplit(os.environ.get("AWS_S3_ENDPOINT_URL", "//127.0.0.1:9")).netloc

pytestmark = [pytest.mark.django_db(transaction=True), needs_nginx]


@pytest.fixture(scope="module")
def servers(shared_server: Server, tmp_path_factory: Any) -> Iterator[tuple[Ask, Ask, Path]]:
    """How to ask nginx, how to ask the server without it, and nginx's folder."""
    folder = tmp_path_factory.mktemp("nginx")
    with (
        serving(CAS_ACCEL_REDIRECT=LOCATION) as behind,
        nginx(folder, web=behind.port, store=STORE) as port,
    ):
        yield asking(port), asking(shared_server.port), folder


@pytest.fixture
def address(keep: Callable[[bytes], str]) -> str:
    return content_url(keep(DATA), "application/pdf", "datasheet.pdf")


class TestBehindNginx:
    @pytest.mark.parametrize("headers", requests_for(sha256(DATA)), ids=str)
    def test_the_answer_is_the_same(
        self, servers: tuple[Ask, Ask, Path], address: str, headers: dict[str, str]
    ) -> None:
        proxied, direct, _ = servers
        for method in ("GET",) if "Range" in headers else ("GET", "HEAD"):
            same_answer(proxied, direct, address, method, headers)

    def test_a_stranger_gets_nothing(self, servers: tuple[Ask, Ask, Path], address: str) -> None:
        proxied, _, _ = servers
        assert proxied(address.replace("datasheet", "another"))[0] == 403
        assert proxied(f"{LOCATION}{sha256(DATA)}")[0] == 404

    def test_an_unknown_content_is_our_404(self, servers: tuple[Ask, Ask, Path]) -> None:
        proxied, _, _ = servers
        status, headers, _ = proxied(content_url("0" * 64, "application/pdf", "x.pdf"))
        assert (status, headers["content-type"]) == (404, "application/json")

    def test_the_way_to_the_file_is_not_told(self, servers: tuple[Ask, Ask, Path], address: str) -> None:
        proxied, _, _ = servers
        assert "x-accel-redirect" not in proxied(address)[1]

    def test_a_body_in_chunks_arrives_with_its_length(self, servers: tuple[Ask, Ask, Path], superuser: User) -> None:
        proxied, direct, _ = servers
        token = Token.objects.create(user=superuser)
        headers = {"Content_Type": "application/json", "Authorization": f"Token {token}"}
        # Without a length http.client sends an iterable in chunks.
        assert proxied("/api/types", "POST", iter([b'{"name": ', b'"Diode"}']), **headers)[0] == 201
        assert direct("/api/types", "POST", iter([b'{"name": ', b'"Fuse"}']), **headers)[0] == 411
        assert [part_type.name for part_type in PartType.objects.all()] == ["Diode"]

    def test_the_log_has_no_signature(self, servers: tuple[Ask, Ask, Path], address: str) -> None:
        proxied, _, folder = servers
        proxied(address)
        log = folder / "access.log"
        # nginx writes it once the answer is sent.
        wait_until(lambda: sha256(DATA) in log.read_text(encoding="utf-8"))
        assert "sig=" not in log.read_text(encoding="utf-8")


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
    with running(tmp_path, text, port):
        yield asking(port), tmp_path


class TestCaching:
    """An error that is cached for a year outlives its cause by a year."""

    # tests/cas/serving/test_nginx_s3.py has the faults of buckets.
    @pytest.mark.only("embedded")
    @pytest.mark.parametrize(("broken", "status"), [("path", 404), ("rights", 403)], indirect=["broken"])
    def test_no_error_of_nginx_is_cached(self, broken: tuple[Ask, Path], address: str, status: int) -> None:
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
        unknown = content_url("0" * 64, "application/pdf", "x.pdf")
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
    proxied, _, folder = servers
    assert proxied(address)[2] == DATA
    errors = (folder / "error.log").read_text(encoding="utf-8")
    assert "[error]" not in errors, errors
    assert isinstance(cas_storage(), FileSystemCASStorage) == (settings.AWS_STORAGE_BUCKET_NAME == "")
