"""nginx before a bucket: of another make than the one that the tests of docs/nginx.conf run on, and of a strange one."""

import secrets
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from cas.signing import content_url
from cas.storage import S3CASStorage
from cas.storage.staging import stage_chunks
from tests.backends import free_port, start_rclone, start_seaweedfs
from tests.plugins.files import pdf, sha256
from tests.plugins.nginx import Ask, asking, needs_nginx, nginx, requests_for, running, same_answer
from tests.plugins.server import Server, serving

DATA = pdf() + bytes(1_000_000)
ADDRESS = content_url(sha256(DATA), "application/pdf", "datasheet.pdf")
BUCKET = "inventory-test"
KEY, SECRET = secrets.token_hex(8), secrets.token_hex(16)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once, needs_nginx]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real S3 server whose bucket holds the content."""
    address, stop = start_seaweedfs(tmp_path_factory.mktemp("seaweedfs"), KEY, SECRET)
    store = S3CASStorage(
        staging_dir=tmp_path_factory.mktemp("staging"),
        bucket_name=BUCKET,
        endpoint_url=address,
        access_key=KEY,
        secret_key=SECRET,
        region_name="us-east-1",
    )
    store._client("send").create_bucket(Bucket=BUCKET)
    store.publish(stage_chunks(store.staging_dir, [DATA]))
    yield address
    stop()


@pytest.fixture(scope="module")
def behind(endpoint: str, django_db_setup: None) -> Iterator[Server]:
    """The server with that bucket, which leaves reading to nginx."""
    with serving(
        CAS_ACCEL_REDIRECT="/internal/s3/",
        AWS_STORAGE_BUCKET_NAME=BUCKET,
        AWS_S3_ENDPOINT_URL=endpoint,
        AWS_ACCESS_KEY_ID=KEY,
        AWS_SECRET_ACCESS_KEY=SECRET,
        AWS_S3_REGION_NAME="us-east-1",
        WEB_CONCURRENCY="1",
    ) as server:
        # The first part is sent by the server itself: it learns how the store answers.
        asking(server.port)(ADDRESS, Range="bytes=0-0")
        yield server


@pytest.fixture(scope="module")
def proxied(behind: Server, endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ask, Path]]:
    """How to ask nginx, and its folder."""
    folder = tmp_path_factory.mktemp("nginx")
    with nginx(folder, web=behind.port, store=urlsplit(endpoint).netloc) as port:
        yield asking(port), folder


class TestBucket:
    @pytest.mark.parametrize("headers", requests_for(sha256(DATA)), ids=str)
    def test_the_answer_is_that_of_a_folder(
        self,
        proxied: tuple[Ask, Path],
        shared_server: Server,
        keep: Callable[[bytes], str],
        headers: dict[str, str],
    ) -> None:
        keep(DATA)
        for method in ("GET",) if "Range" in headers else ("GET", "HEAD"):
            same_answer(proxied[0], asking(shared_server.port), ADDRESS, method, headers)

    def test_the_server_reads_neither_the_whole_nor_a_part(self, behind: Server, proxied: tuple[Ask, Path]) -> None:
        ask = asking(behind.port)
        for headers in ({}, {"Range": "bytes=5-9"}):
            status, given, body = ask(ADDRESS, **headers)
            assert (status, body) == (200, b"")
            assert given["x-accel-redirect"].startswith(f"/internal/s3/{BUCKET}/cas/")
        assert proxied[0](given["x-accel-redirect"])[0] == 404

    def test_the_server_asks_the_store_nothing(self, settings: Any, client: Client) -> None:
        # nginx does, and it says too when there is no such object.
        options = {"endpoint_url": f"http://127.0.0.1:{free_port()}", "access_key": KEY, "secret_key": SECRET}
        options |= {"bucket_name": BUCKET, "region_name": "us-east-1", "staging_dir": settings.STAGING_DIR}
        store = {"BACKEND": "cas.storage.S3CASStorage", "OPTIONS": options}
        settings.STORAGES = {**settings.STORAGES, "cas": store}
        settings.CAS_ACCEL_REDIRECT = "/internal/s3/"
        response = client.get(ADDRESS)
        assert response.status_code == 200
        assert response["X-Accel-Redirect"].startswith(f"/internal/s3/{BUCKET}/cas/")

    def test_neither_the_key_nor_the_url_is_told(self, proxied: tuple[Ask, Path]) -> None:
        _, given, _ = proxied[0](ADDRESS)
        assert not [name for name in given if name.startswith("x-") and name != "x-content-type-options"]
        assert "Amz" not in str(given)


class Strange(BaseHTTPRequestHandler):
    """A store that says what it should not. The object's name in the URL decides with which status."""

    protocol_version = "HTTP/1.1"
    status = 200
    seen: dict[str, str]

    def do_GET(self) -> None:
        type(self).seen = {name.lower(): value for name, value in self.headers.items()}
        body = b"<script>alert('the key is cas/0123')</script>"
        self.send_response(self.status)
        for name, value in (
            ("Content-Type", "text/html"),
            ("Content-Length", str(len(body))),
            ("Content-Disposition", "inline"),
            ("Cache-Control", "private"),
            ("ETag", '"of the store"'),
            ("Content-Security-Policy", "default-src *"),
            ("Access-Control-Allow-Origin", "*"),
            ("Set-Cookie", "sessionid=stolen"),
            ("X-Accel-Redirect", "/admin/"),
            ("X-Amz-Request-Id", "1"),
            ("Location", "http://127.0.0.1:9/cas/0123"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def before(proxied: tuple[Ask, Path], endpoint: str, tmp_path: Path) -> Callable[[str], Any]:
    """Runs an nginx before the same server that finds another store, at this host and port."""

    def start(store: str) -> Any:
        port = free_port()
        text = (proxied[1] / "nginx.conf").read_text(encoding="utf-8").replace(str(proxied[1]), str(tmp_path))
        text = text.replace(f"server {urlsplit(endpoint).netloc};", f"server {store};")
        listen = next(line for line in text.splitlines() if "listen 127.0.0.1" in line)
        return running(tmp_path, text.replace(listen, f"listen 127.0.0.1:{port};"), port), asking(port)

    return start


@pytest.fixture
def strange(before: Callable[[str], Any]) -> Iterator[Ask]:
    """How to ask an nginx before the strange store."""
    server = HTTPServer(("127.0.0.1", 0), Strange)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    run, ask = before(f"127.0.0.1:{server.server_port}")
    with run:
        yield ask
    server.shutdown()
    server.server_close()


class TestStrangeStore:
    def test_nothing_that_it_says_reaches_the_client(self, strange: Ask, proxied: tuple[Ask, Path]) -> None:
        Strange.status = 200
        _, given, _ = strange(ADDRESS)
        _, usual, _ = proxied[0](ADDRESS)
        for headers in (given, usual):
            del headers["date"], headers["content-length"]
        assert given == usual

    def test_it_learns_nothing_of_the_client(self, strange: Ask, endpoint: str) -> None:
        Strange.status = 200
        strange(
            ADDRESS,
            Authorization="Token secret",
            Cookie="sessionid=secret",
            If_None_Match='"another"',
            X_Amz_Meta_Name="forged",
            Range="bytes=-7",
        )
        assert Strange.seen == {"host": urlsplit(endpoint).netloc, "range": f"bytes={len(DATA) - 7}-{len(DATA) - 1}"}

    def test_its_errors_are_ours(self, strange: Ask) -> None:
        for status, ours in ((301, 500), (400, 500), (403, 500), (404, 404), (416, 500), (500, 500), (503, 500)):
            Strange.status = status
            found, given, body = strange(ADDRESS)
            assert (found, given["content-type"], given["cache-control"]) == (ours, "application/json", "no-store")
            assert {"content-disposition", "etag", "set-cookie", "location"}.isdisjoint(given)
            assert (b"content_not_found" if ours == 404 else b"storage_unavailable") in body
            assert b"script" not in body

    def test_an_unheard_of_error_runs_nothing(self, strange: Ask) -> None:
        Strange.status = 418
        found, given, _ = strange(ADDRESS)
        assert found == 418
        assert given["x-content-type-options"] == "nosniff"
        assert given.get("content-type") != "text/html"
        assert "immutable" not in given.get("cache-control", "")


class TestFaults:
    def test_a_store_that_is_not_there(self, before: Callable[[str], Any]) -> None:
        run, ask = before("127.0.0.1:9")
        with run:
            status, given, body = ask(ADDRESS)
        assert (status, given["cache-control"]) == (500, "no-store")
        assert b"storage_unavailable" in body

    def test_an_object_that_is_gone_by_then(self, before: Callable[[str], Any], tmp_path: Path) -> None:
        (tmp_path / "s3" / BUCKET).mkdir(parents=True)
        address, stop = start_rclone(tmp_path / "s3", KEY, SECRET)
        run, ask = before(urlsplit(address).netloc)
        with run:
            status, given, body = ask(ADDRESS)
        stop()
        assert (status, given["cache-control"]) == (404, "no-store")
        assert b"content_not_found" in body

    def test_keys_that_the_store_does_not_know(self, before: Callable[[str], Any], tmp_path: Path) -> None:
        (tmp_path / "s3" / BUCKET).mkdir(parents=True)
        address, stop = start_rclone(tmp_path / "s3", KEY, "another-secret")
        run, ask = before(urlsplit(address).netloc)
        with run:
            status, _, body = ask(ADDRESS)
        stop()
        assert status == 500
        assert b"storage_unavailable" in body
