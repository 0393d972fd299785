"""A small S3 server in memory, with the faults that real ones have."""

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cas.storage import S3CASStorage

Small = Callable[..., S3CASStorage]
_DATE = "Sat, 21 Nov 2026 10:00:00 GMT"


@dataclass
class Habits:
    """What the server does otherwise than AWS, and what it holds."""

    # Headers that it answers with 400.
    refuses: tuple[str, ...] = ()
    # How many bytes of an object it keeps, or sends.
    keeps: int | None = None
    sends: int | None = None
    damages: bool = False
    knows_ranges: bool = True
    compares: bool = True
    lists: bool = True
    deletes: bool = True
    objects: dict[str, bytes] = field(default_factory=dict)
    headers: list[dict[str, str]] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    habits: Habits

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        sent = {name.lower(): value for name, value in self.headers.items()}
        self.habits.headers.append(sent)
        checksums = {"x-amz-checksum-sha256": hashlib.sha256(data), "content-md5": hashlib.md5(data)}
        for name, made in checksums.items():
            if name in sent and name in self.habits.refuses:
                self.answer(400, self.error("InvalidArgument"))
                return
            if name in sent and self.habits.compares and base64.b64decode(sent[name]) != made.digest():
                self.answer(400, self.error("BadDigest"))
                return
        if self.habits.damages:
            data = data[:-1] + bytes([data[-1] ^ 1])
        self.habits.objects[self.key] = data[: self.habits.keeps]
        self.answer(200)

    def do_GET(self) -> None:
        if self.key == "" and "list-type" in self.path:
            self.answer(200, self.listing())
        elif (data := self.habits.objects.get(self.key)) is None:
            self.answer(404, self.error("NoSuchKey"))
        elif self.habits.knows_ranges and "Range" in self.headers:
            first, _, last = self.headers["Range"].removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last or len(data)) + 1, len(data))
            self.answer(206, data[start:end], {"Content-Range": f"bytes {start}-{end - 1}/{len(data)}"})
        else:
            self.answer(200, data[: self.habits.sends])

    def do_HEAD(self) -> None:
        data = b"" if self.key == "" else self.habits.objects.get(self.key)
        self.answer(404 if data is None else 200, data or b"")

    def do_DELETE(self) -> None:
        if self.habits.deletes:
            self.habits.objects.pop(self.key, None)
        self.answer(204)

    @property
    def key(self) -> str:
        return urlsplit(self.path).path.removeprefix("/bucket").lstrip("/")

    def listing(self) -> bytes:
        [prefix] = parse_qs(urlsplit(self.path).query).get("prefix", [""])
        names = sorted(name for name in self.habits.objects if self.habits.lists and name.startswith(prefix))
        rows = "".join(
            f"<Contents><Key>{name}</Key><Size>{len(self.habits.objects[name])}</Size>"
            "<LastModified>2026-11-21T10:00:00.000Z</LastModified></Contents>"
            for name in names
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode()

    def error(self, code: str) -> bytes:
        return f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode()

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Last-Modified": _DATE, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that breaks off is nothing to write about."""


@contextmanager
def serving_s3(habits: Habits, folder: Path, **options: Any) -> Iterator[S3CASStorage]:
    """A store on a server with these habits; options go to the store."""
    (folder / "staging").mkdir(exist_ok=True)
    with _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"habits": habits})) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield S3CASStorage(
            staging_dir=folder / "staging",
            bucket_name="bucket",
            endpoint_url=f"http://127.0.0.1:{server.server_port}",
            access_key="a",
            secret_key="b",
            region_name="us-east-1",
            **options,
        )
        server.shutdown()


@pytest.fixture
def small_s3(tmp_path: Path) -> Iterator[Small]:
    """Starts a server with these habits, and gives a store on it."""
    with ExitStack() as servers:
        yield lambda habits, **options: servers.enter_context(serving_s3(habits, tmp_path, **options))
