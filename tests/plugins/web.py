"""The web as links see it: real servers on loopback, and names that lead wherever a test says."""

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from attachments.fetching import recent, resolver
from tests.plugins.database import PATIENCE_SECONDS

Route = Callable[["Exchange"], object]


class Exchange(BaseHTTPRequestHandler):
    """One request to the server of a test. Routes answer with `send`, or write what they like."""

    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_GET(self) -> None:
        self.close_connection = True
        web = self.server.web
        web.requests.append(self)
        # Who asked may have heard enough.
        with suppress(ConnectionError, ssl.SSLError, TimeoutError):
            web.routes.get(self.path.partition("?")[0], not_found)(self)

    def send(self, body: bytes = b"", content_type: str = "", status: int = 200, **headers: str) -> None:
        """A whole answer. Underscores in names of headers stand for hyphens."""
        self.begin(status, **({"Content_Type": content_type} if content_type else {}), **headers)
        self.wfile.write(body)

    def begin(self, status: int = 200, **headers: str) -> None:
        """Status and headers. The body ends with the connection, unless the headers say otherwise."""
        self.send_response(status)
        for name, value in {"Connection": "close", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def drip(self, data: bytes) -> None:
        """Send the bytes again and again, twenty times a second, for very long or until the test is over."""
        for _ in range(20 * PATIENCE_SECONDS):
            self.wfile.write(data)
            if self.server.web.over.wait(0.05):
                return
        self.server.web.was_heard_out = True

    def log_message(self, *args: Any) -> None:
        """Nothing: the tests look at `requests`."""


def not_found(exchange: Exchange) -> None:
    exchange.send(b"nothing here", "text/plain", 404)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Or its end would wait for threads that wait for the end.
    block_on_close = False
    request_queue_size = 64
    web: "Web"

    def handle_error(self, request: Any, client_ip: Any) -> None:
        """A client that breaks off is nothing to write about."""


@dataclass
class Web:
    """What the tests' servers answer, whom they were asked by, and where names lead."""

    base: str = ""
    port: int = 0
    routes: dict[str, Route] = field(default_factory=dict)
    requests: list[Exchange] = field(default_factory=list)
    names: dict[str, list[str]] = field(default_factory=dict)
    lookups: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    # Whether somebody listened to a drip until its end.
    was_heard_out: bool = False

    def serve(self, path: str, body: bytes | str = b"", content_type: str = "text/html", **headers: str) -> str:
        """Answer so at this path. Returns the address."""
        data = body.encode() if isinstance(body, str) else body
        self.routes[path] = lambda exchange: exchange.send(data, content_type, 200, **headers)
        return self.base + path

    def redirect(self, path: str, location: str, status: int = 302) -> str:
        """Send on from this path."""
        self.routes[path] = lambda exchange: exchange.send(status=status, Location=location, Content_Length="0")
        return self.base + path

    def route(self, path: str, answer: Route) -> str:
        """Let a function answer at this path."""
        self.routes[path] = answer
        return self.base + path

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [request.path for request in self.requests]

    def getaddrinfo(self, name: str, port: Any, **kwargs: Any) -> list[tuple[Any, ...]]:
        """In place of the system's."""
        name = name.rstrip(".")
        self.lookups.append(name)
        if name not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))
            for address in self.names[name]
        ]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """No test asks a real name server. Nothing is remembered from one test to the next."""
    web = Web()
    monkeypatch.setattr(resolver, "getaddrinfo", web.getaddrinfo)
    yield web
    web.over.set()


@contextmanager
def listening(web: Web, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server of its own; its port."""
    with _Server(("127.0.0.1", 0), Exchange) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.web = web
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join(PATIENCE_SECONDS)


@pytest.fixture
def web(offline: Web, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A server on loopback that links may lead to."""
    settings.FETCH_ALLOWED_HOSTS = ["127.0.0.0/8"]
    # A busy machine is no reason to fail; tests of the deadline make it short.
    settings.FETCH_SECONDS = float(PATIENCE_SECONDS)
    monkeypatch.setattr(recent, "REMEMBERED_SECONDS", PATIENCE_SECONDS)
    with listening(offline) as port:
        offline.port, offline.base = port, f"http://127.0.0.1:{port}"
        yield offline


def zeros(megabytes: int, *, head: bytes = b"") -> bytes:
    """So many megabytes of zeros after a head, compressed to a thousandth."""
    return gzip.compress(head + bytes(megabytes * 1_000_000), compresslevel=9)
