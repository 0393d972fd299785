"""Every action of the frontend, as plain fetch calls in a real browser, on an origin of its own behind a small proxy."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from rest_framework.authtoken.models import Token

from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.deaths import wait_until
from tests.plugins.server import Server, serving

pytestmark = pytest.mark.django_db(transaction=True)

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}
STEPS = [
    "start",
    "part: create",
    *(f"part: {action}" for action in ("link", "upload", "cover", "view", "download", "delete")),
    "part: list and detail",
    *(f"kit: {action}" for action in ("link", "upload", "cover", "view", "download", "delete")),
    "kit: list and detail",
    "part: copy and delete",
    "done",
]


class Proxy(SimpleHTTPRequestHandler):
    """Serves the page, and hands on whatever is under /api, as development servers of frontends do."""

    protocol_version = "HTTP/1.1"
    port = 0
    headers_to_add: dict[str, str] = {}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args, directory=str(Path(__file__).parent))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.hand_on
        raise AttributeError(name)

    def do_GET(self) -> None:
        if self.path.startswith("/api/"):
            self.hand_on()
        else:
            super().do_GET()

    def hand_on(self) -> None:
        server = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in {*HOP_BY_HOP, "host"}}
        server.request(self.command, self.path, body, headers | self.headers_to_add)
        answer = server.getresponse()
        data = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {*HOP_BY_HOP, "content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        server.close()

    def log_message(self, *args: Any) -> None:
        """Nothing."""


@contextmanager
def proxy(port: int, **headers: str) -> Iterator[str]:
    """The origin of a page whose /api is the server on this port, with further headers on every request."""
    handler = type("Handler", (Proxy,), {"port": port, "headers_to_add": headers})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def running_open_server(django_db_setup: None, static_files: None) -> Iterator[Server]:
    """Whoever reaches it may do everything. Links may lead to the page's own origin."""
    with serving(INVENTORY_OPEN_API="true", FETCH_ALLOWED_HOSTS="127.0.0.1") as running:
        yield running


@pytest.fixture
def open_server(running_open_server: Server, transactional_db: None) -> Iterator[Server]:
    """It is done with everything before the tables are emptied."""
    yield running_open_server
    wait_until(running_open_server.is_idle)


@pytest.fixture
def window(server: Server, open_server: Server, new_context: Callable[..., Any]) -> Iterator[Page]:
    """An empty window. A script that fails, and a request to anybody else, fail the test."""
    page: Page = new_context(accept_downloads=True).new_page()
    errors: list[Exception] = []
    addresses: list[str] = []
    page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108  (Playwright wants a function)
    page.on("request", lambda request: addresses.append(request.url))
    yield page
    assert errors == []
    assert {address.split("/")[2].split(":")[0] for address in addresses if address.startswith("http")} == {"localhost"}


@pytest.mark.parametrize("mode", ["with a token from the proxy", "with an open API"])
def test_does_everything_that_the_frontend_does(
    mode: str, window: Page, superuser: User, server: Server, open_server: Server
) -> None:
    headers, port = {}, open_server.port
    if mode == "with a token from the proxy":
        headers, port = {"Authorization": f"Token {Token.objects.create(user=superuser)}"}, server.port
    with proxy(port, **headers) as origin:
        window.set_default_timeout(PATIENCE_SECONDS * 1000)
        window.goto(f"{origin}/frontend.html")
        last = window.locator("#steps li").filter(has_text="done").or_(window.get_by_text("failed: "))
        expect(last).to_be_visible()
        assert window.locator("#steps li").all_text_contents() == STEPS
        with window.expect_download() as download:
            window.get_by_role("link", name="Download kit").click()
        assert download.value.suggested_filename == "front.png"


def test_a_page_of_another_origin_may_not_write(window: Page, open_server: Server) -> None:
    before = len(open_server.events())
    with proxy(open_server.port) as origin:
        window.goto(f"{origin}/frontend.js")
        send = "address => fetch(address, {method: 'POST', body: '{}', mode: 'no-cors'}).then(answer => answer.type)"
        # The page is told nothing at all.
        assert window.evaluate(send, f"http://localhost:{open_server.port}/api/types") == "opaque"
        told = [event for event in open_server.events()[before:] if event.get("request") == "POST /api/types"]
        assert [event["code"] for event in told if event["event"] == "request_finished"] == [403]
