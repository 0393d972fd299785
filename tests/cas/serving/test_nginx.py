"""The example of docs/nginx.conf, in a real nginx, before the real server."""

from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token

from cas.signing import content_url
from cas.storage import FileSystemCASStorage, cas_storage
from parts.models import PartType
from tests.backends import PATIENCE_SECONDS
from tests.plugins.deaths import wait_until
from tests.plugins.files import pdf, sha256
from tests.plugins.nginx import needs_nginx, nginx
from tests.plugins.server import Server, serving

DATA = pdf() + bytes(1_000_000)
LOCATION = "/internal/cas/"

pytestmark = [pytest.mark.django_db(transaction=True), needs_nginx]

# Headers of the connection, or of the very answer.
_HOPS = {"date", "server", "connection", "keep-alive", "x-request-id", "x-correlation-id"}


Ask = Callable[..., tuple[int, dict[str, str], bytes]]


def asking(port: int) -> Ask:
    def ask(path: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, headers={"Host": "localhost", **names})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, content

    return ask


def without_hops(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in _HOPS}


@pytest.fixture(scope="module")
def servers(shared_server: Server, tmp_path_factory: Any) -> Iterator[tuple[Ask, Ask, Path]]:
    """How to ask nginx, how to ask the server without it, and nginx's folder."""
    folder = tmp_path_factory.mktemp("nginx")
    with (
        serving(CAS_ACCEL_REDIRECT=LOCATION) as behind,
        nginx(folder, web=behind.port) as port,
    ):
        yield asking(port), asking(shared_server.port), folder


@pytest.fixture
def address(keep: Callable[[bytes], str]) -> str:
    return content_url(keep(DATA), "application/pdf", "datasheet.pdf")


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
        proxied, direct, _ = servers
        # Of HEAD with a range nginx tells what GET would get; RFC 9110 (section 14.2) knows ranges of GET only.
        for method in ("GET",) if "Range" in headers else ("GET", "HEAD"):
            status, given, body = proxied(address, method, **headers)
            expected_status, expected, expected_body = direct(address, method, **headers)
            assert (status, body) == (expected_status, expected_body)
            assert without_hops(given) == without_hops(expected)

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


def test_the_store_of_this_run_decides_what_is_tested(servers: tuple[Ask, Ask, Path], address: str) -> None:
    """A folder is handed out by nginx; a bucket cannot be, and is streamed."""
    proxied, _, folder = servers
    assert proxied(address)[2] == DATA
    errors = (folder / "error.log").read_text(encoding="utf-8")
    assert "[error]" not in errors, errors
    assert isinstance(cas_storage(), FileSystemCASStorage) == (settings.AWS_STORAGE_BUCKET_NAME == "")
