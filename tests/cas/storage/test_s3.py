"""What only an S3 server can do, or suffer."""

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.loaders import JSONFileLoader
from django.core.exceptions import ImproperlyConfigured

from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.storage import S3CASStorage
from cas.storage.staging import stage_chunks
from tests.plugins.files import sha256

pytestmark = pytest.mark.once

DATA = b"0123456789"
DIGEST = sha256(DATA)

Strange = Callable[[type[BaseHTTPRequestHandler]], S3CASStorage]


@pytest.fixture
def strange_server(tmp_path: Path) -> Iterator[Strange]:
    """Starts an HTTP server that only claims to be S3, and gives a store on it."""
    servers: list[HTTPServer] = []

    def start(handler: type[BaseHTTPRequestHandler]) -> S3CASStorage:
        server = HTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return S3CASStorage(
            staging_dir=tmp_path,
            bucket_name="bucket",
            endpoint_url=f"http://127.0.0.1:{server.server_port}",
            access_key="a",
            secret_key="b",
            region_name="us-east-1",
        )

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class Quiet(BaseHTTPRequestHandler):
    """Answers every request with `status` and `body`, and counts the requests."""

    protocol_version = "HTTP/1.1"
    status = 200
    body = b""
    length = 0
    seen: list[str]

    def answer(self) -> None:
        self.seen.append(self.command)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        self.send_header("Content-Length", str(self.length or len(self.body)))
        self.send_header("Last-Modified", "Sat, 21 Nov 2026 10:00:00 GMT")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(self.body)
        self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_DELETE = answer  # noqa: N815  (names of the standard library)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class Empty(Quiet):
    """Has a bucket that answers with `bucket_status`, and nothing in it."""

    bucket_status = 200

    def answer(self) -> None:
        self.status = 404 if "/cas/" in self.path else self.bucket_status
        super().answer()

    do_GET = do_HEAD = answer  # noqa: N815  (names of the standard library)


class Checking(Quiet):
    """Compares the bytes with their checksum, or not; `signed` has what was signed of the last file's."""

    is_strict = True
    signed: list[str]

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()
        refused = self.is_strict and self.headers["x-amz-checksum-sha256"] != checksum
        body = b"<Error><Code>BadDigest</Code></Error>" if refused else b""
        self.signed.append(self.headers["X-Amz-Content-SHA256"])
        self.send_response(400 if refused else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


class TestHashOfTheBody:
    """botocore takes one to sign it, which proves the bytes before they are sent."""

    @pytest.mark.parametrize(("is_strict", "signed"), [(True, "UNSIGNED-PAYLOAD"), (False, DIGEST)])
    def test_is_taken_unless_the_server_checks_the_bytes_itself(
        self, strange_server: Strange, *, is_strict: bool, signed: str
    ) -> None:
        seen: list[str] = []
        store = strange_server(type("Server", (Checking,), {"signed": seen, "is_strict": is_strict}))
        for _ in range(2):
            with closing(stage_chunks(store.staging_dir, [DATA])) as staged:
                store.publish(staged)
        # The first one asks the server.
        assert seen[1:] == [signed, signed]

    @pytest.mark.parametrize("is_strict", [True, False])
    def test_bytes_that_changed_are_refused_by_one_or_the_other(
        self, strange_server: Strange, *, is_strict: bool
    ) -> None:
        store = strange_server(type("Server", (Checking,), {"signed": [], "is_strict": is_strict}))
        with closing(stage_chunks(store.staging_dir, [DATA])) as staged:
            staged.path.write_bytes(DATA[::-1])
            with pytest.raises(StorageUnavailableError):
                store.publish(staged)


class TestServerThatLies:
    def test_an_answer_that_breaks_off(self, strange_server: Strange) -> None:
        class Broken(Quiet):
            seen: list[str] = []
            body = DATA
            length = 1000

        with strange_server(Broken).open_range(DIGEST) as file:
            assert file.readable()
            with pytest.raises(StorageUnavailableError):
                file.read()


class TestServerThatRefuses:
    @pytest.mark.parametrize("status", [400, 403, 500, 503])
    def test_is_not_taken_for_absence(self, strange_server: Strange, status: int) -> None:
        store = strange_server(type("Refusing", (Quiet,), {"seen": [], "status": status}))
        for call in (lambda: store.stat(DIGEST), lambda: store.open_range(DIGEST), lambda: list(store.objects())):
            with pytest.raises(StorageUnavailableError):
                call()

    def test_only_404_is_absence(self, strange_server: Strange) -> None:
        store = strange_server(type("Emptied", (Empty,), {"seen": []}))
        assert store.stat(DIGEST) is None
        with pytest.raises(BlobNotFoundError):
            store.open_range(DIGEST)

    @pytest.mark.parametrize("status", [403, 404, 500])
    def test_nothing_is_absent_while_the_bucket_does_not_answer(self, strange_server: Strange, status: int) -> None:
        class Missing(Empty):
            seen: list[str] = []
            bucket_status = status

        store = strange_server(Missing)
        for _ in range(2):
            for look in (store.stat, store.open_range):
                with pytest.raises(StorageUnavailableError):
                    look(DIGEST)
        Missing.bucket_status = 200
        assert store.stat(DIGEST) is None

    def test_a_bucket_that_was_seen_is_not_asked_for_again(self, strange_server: Strange) -> None:
        seen: list[str] = []
        store = strange_server(type("Emptied", (Empty,), {"seen": seen}))
        for _ in range(3):
            store.stat(DIGEST)
        assert len(seen) == 4


class TestServerThatKnowsNoRanges:
    """It sends the whole; only the part that was asked for is read from it."""

    @pytest.mark.parametrize(
        ("start", "length", "part"),
        [(0, None, DATA), (0, 4, b"0123"), (3, 4, b"3456"), (8, 100, b"89"), (4, None, b"456789")],
    )
    def test_the_part_is_cut_out(self, strange_server: Strange, start: int, length: int | None, part: bytes) -> None:
        class Whole(Quiet):
            seen: list[str] = []
            body = DATA

        with strange_server(Whole).open_range(DIGEST, start, length) as stream:
            assert stream.read(2) + stream.read(1) + stream.read() == part
            assert stream.read(1) == b""

    def test_a_start_past_the_end_is_a_failure(self, strange_server: Strange) -> None:
        class Whole(Quiet):
            seen: list[str] = []
            body = DATA

        with pytest.raises(StorageUnavailableError):
            strange_server(Whole).open_range(DIGEST, 11, 5)

    def test_another_part_than_the_one_asked_for_is_a_failure(self, strange_server: Strange) -> None:
        class Other(Quiet):
            seen: list[str] = []
            body = DATA[:5]

            def end_headers(self) -> None:
                self.send_header("Content-Range", "bytes 0-4/10")
                super().end_headers()

        with pytest.raises(StorageUnavailableError):
            strange_server(Other).open_range(DIGEST, 5, 5)


class TestDelete:
    @pytest.mark.parametrize("status", [400, 403, 409, 500, 503])
    def test_is_sent_once_whatever_the_answer(self, strange_server: Strange, status: int) -> None:
        seen: list[str] = []
        with pytest.raises(StorageUnavailableError):
            strange_server(type("Failing", (Quiet,), {"seen": seen, "status": status})).remove(DIGEST)
        assert seen == ["DELETE"]


class Lister(Quiet):
    """2,500 objects, a thousand a page. `broken_page` is answered with 500."""

    names = [sha256(str(number).encode()) for number in range(2500)]
    broken_page: int | None = None

    def answer(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        page = int(query.get("continuation-token", ["0"])[0])
        self.status = 500 if page == self.broken_page else 200
        names = sorted(self.names)[page * 1000 : (page + 1) * 1000]
        is_last = (page + 1) * 1000 >= len(self.names)
        items = "".join(
            f"<Contents><Key>cas/{name}</Key><Size>7</Size><LastModified>2026-11-21T10:00:00Z</LastModified></Contents>"
            for name in names
        )
        end = "" if is_last else f"<NextContinuationToken>{page + 1}</NextContinuationToken>"
        self.body = (
            f"<ListBucketResult><IsTruncated>{str(not is_last).lower()}</IsTruncated>{end}{items}</ListBucketResult>"
        ).encode()
        super().answer()

    do_GET = answer  # noqa: N815  (a name of the standard library)


class TestListing:
    def test_goes_through_all_pages(self, strange_server: Strange) -> None:
        seen: list[str] = []
        store = strange_server(type("Whole", (Lister,), {"seen": seen}))
        assert [item.name for item in store.objects()] == sorted(Lister.names)
        assert seen == ["GET"] * 3

    def test_that_fails_on_a_later_page_never_looks_complete(self, strange_server: Strange) -> None:
        listing = strange_server(type("Partial", (Lister,), {"seen": [], "broken_page": 1})).objects()
        assert len([next(listing) for _ in range(1000)]) == 1000
        with pytest.raises(StorageUnavailableError):
            next(listing)


class TestPreloading:
    def test_spares_the_copies_of_a_process_what_botocore_reads(
        self, strange_server: Strange, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        seen: list[str] = []
        store = strange_server(type("Present", (Quiet,), {"seen": seen, "length": 10}))
        store.preload()
        assert seen == []

        def read(*args: Any) -> None:
            pytest.fail("a file of botocore's is read")

        monkeypatch.setattr(JSONFileLoader, "load_file", read)
        stored = store.stat(DIGEST)
        assert stored is not None
        assert stored.size == 10

    def test_of_options_that_make_no_client_is_a_fault_of_the_configuration(self, tmp_path: Path) -> None:
        store = S3CASStorage(staging_dir=tmp_path, bucket_name="bucket", session_profile="of nobody")
        with pytest.raises(ImproperlyConfigured, match="of nobody"):
            store.preload()
