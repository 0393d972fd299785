"""A page that behaves as the frontend does, in a real browser: the gate, the stream, the login, and every call.

It is served by the site itself (FRONTEND_DIR), without a proxy and behind the example of docs/nginx.conf.
"""

import json
import os
import re
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from playwright.sync_api import ConsoleMessage, Page, expect

from parts.models import PartType
from tests.factories import KitContentFactory
from tests.plugins.nginx import needs_nginx, nginx
from tests.plugins.pair import Pair, serving_pair

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

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
# The names of the site.
HOSTS = ["inventory.test", "localhost"]
# The refusals that the steps provoke; the frontend's own tests allow these statuses on the console, and 501 for AI.
EXPECTED = (
    *("status of 400", "status of 404", "status of 409", "status of 501"),
    # A header that counts on HTTPS and localhost only.
    "The Cross-Origin-Opener-Policy header has been ignored",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The built frontend."""
    folder = tmp_path / "dist"
    shutil.copytree(Path(__file__).parent / "frontend", folder)
    (folder / "version.json").write_text('{"version": "first"}', encoding="utf-8")
    return folder


@pytest.fixture
def site(folder: Path, tmp_path: Path) -> Callable[..., Any]:
    """Runs the whole site; gives the origin of its pages under this name, and its processes."""

    @contextmanager
    def run(*, proxy: bool = False, host: str = "localhost", **environment: str) -> Iterator[tuple[str, Pair]]:
        with ExitStack() as stack:
            pair = stack.enter_context(
                serving_pair(
                    FRONTEND_DIR=str(folder),
                    FETCH_ALLOWED_HOSTS="127.0.0.1",
                    DJANGO_ALLOWED_HOSTS=",".join(["127.0.0.1", *HOSTS]),
                    STREAM_HEARTBEAT_SECONDS="0.3",
                    STREAM_VERSION_SECONDS="0.3",
                    **environment,
                )
            )
            port = pair.port
            if proxy:
                port = stack.enter_context(nginx(tmp_path, web=pair.port, stream=pair.stream_port, frontend=folder))
            yield f"http://{host}:{port}", pair

    return run


@pytest.fixture
def window(new_context: Callable[..., Any]) -> Iterator[Page]:
    """An empty window. What a page writes to the console as an error fails the test, unless it is an expected refusal."""
    page: Page = new_context(accept_downloads=True).new_page()
    faults: list[str] = []

    def look(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(words in message.text for words in EXPECTED):
            faults.append(f"{message.text} ({message.location['url']})")

    page.on("console", look)
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    # Who is not logged in is told so, once.
    assert [fault for fault in faults if "/api/auth/self" not in fault] == []


def log_in(page: Page, origin: str, path: str) -> None:
    """Open a page as somebody unknown: it leads to the login page and, once logged in, back."""
    # The server does not know the quick hasher of the tests.
    User.objects.update(password=PBKDF2PasswordHasher().encode("secret", "salt"))
    page.goto(origin + path)
    page.get_by_label("Username").fill("chief")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(origin + path)


def lines(page: Page) -> list[str]:
    """How the page's calls went."""
    done = page.locator("#steps li").filter(has_text=re.compile("^done$")).or_(page.get_by_text("failed: "))
    expect(done).to_be_visible()
    return page.locator("#steps li").all_text_contents()


@pytest.mark.full_browser
@pytest.mark.parametrize(
    ("proxy", "host", "login"),
    [
        pytest.param(False, "inventory.test", True, id="a login, plain HTTP, no proxy", marks=pytest.mark.once),
        pytest.param(True, "localhost", False, id="an open API behind nginx", marks=[needs_nginx, pytest.mark.once]),
        # As it runs in production.
        pytest.param(
            *(True, "localhost", True),
            id="a login behind nginx",
            marks=[needs_nginx, pytest.mark.only("servers")],
        ),
    ],
)
def test_does_everything_that_the_frontend_does(
    site: Callable[..., Any], window: Page, superuser: User, proxy: bool, host: str, login: bool
) -> None:
    asked: list[str] = []
    window.context.on("request", lambda request: asked.append(request.url))
    with site(proxy=proxy, host=host, INVENTORY_OPEN_API=str(not login)) as (origin, pair):
        if login:
            log_in(window, origin, "/steps?from=here")
        else:
            window.goto(f"{origin}/steps?from=here")
        assert lines(window) == STEPS
        assert window.locator("h1").evaluate("title => getComputedStyle(title).color") == "rgb(1, 2, 3)"
        assert [frame.evaluate("self.origin !== undefined") for frame in window.frames] == [True] * len(window.frames)
        with window.expect_download() as download:
            window.get_by_role("link", name="Download kit").click()
        assert download.value.suggested_filename == "front.png"

        content = KitContentFactory.create()
        for path in (f"/parts/{content.part.key}", f"/kits/{content.kit.pk}", "/parts", "/kits", "/boxes", "/sellers"):
            window.goto(origin + path)
            assert lines(window)[-1] == "done"
        for path in ("/types?direct", "/shopping-lists?direct", "/about?direct"):
            window.goto(origin + path)
            assert lines(window)[-1] == "done"

        # The page asks nobody but the site, and without a proxy its stream.
        allowed = {origin} | (set() if proxy else {f"http://{host}:{pair.stream_port}"})
        assert {"/".join(url.split("/")[:3]) for url in asked if url.startswith("http")} <= allowed
        window.get_by_role("link", name="Log out").click()
        if login:
            expect(window.get_by_label("Username")).to_be_visible()
        else:
            window.wait_for_url(f"{origin}/")


@pytest.mark.once
def test_the_page_follows_its_stream(site: Callable[..., Any], new_context: Callable[..., Any], folder: Path) -> None:
    """One stream for all tabs, or one for each."""
    context = new_context()
    pages: list[Page] = [context.new_page(), context.new_page()]
    with site(INVENTORY_OPEN_API="true") as (origin, pair):
        for page, way in zip(pages, ("", "?direct"), strict=True):
            page.goto(f"{origin}/about{way}")
            assert lines(page) == ["done"]
            expect(page.locator("body[data-version=first]")).to_be_visible()
            assert not page.locator("#banner").is_visible()
        # A deployment: the same stream says so.
        (folder / "version.json").write_text(json.dumps({"version": "second"}), encoding="utf-8")
        for page in pages:
            expect(page.locator("#banner")).to_have_text("A new version: second")
        # The stream ends: the pages are blank, until there is another one.
        os.kill(pair.stream, signal.SIGKILL)
        for page in pages:
            expect(page.locator("h1")).to_have_count(0)
        for page in pages:
            expect(page.locator("h1")).to_be_visible()


@pytest.mark.once
def test_pages_of_others_may_not_write(
    site: Callable[..., Any], new_context: Callable[..., Any], superuser: User, tmp_path: Path
) -> None:
    """Of another port of this host, of a neighbour, of a stranger: none has a token, and the browser says whose it is."""
    page: Page = new_context().new_page()
    (tmp_path / "attack.html").write_text(ATTACK, encoding="utf-8")
    own = "{method: 'POST', body: JSON.stringify({name: location.hostname}), headers: {'Content-Type': 'application/json'}}"
    with site() as (_, pair), pages_of(tmp_path) as port:
        for host in HOSTS:
            origin = f"http://{host}:{pair.port}"
            log_in(page, origin, "/about")
            assert lines(page) == ["done"]
            assert page.evaluate(f"fetch('/api/types', {own}).then(answer => answer.status)") == 201
            for name in (host, "other.inventory.test", "evil.test"):
                for way in ("fetch", "form"):
                    attacker = page.context.new_page()
                    attacker.goto(f"http://{name}:{port}/attack.html")
                    with attacker.expect_response(f"{origin}/api/types") as sent:
                        attacker.evaluate(f"{way}({json.dumps(f'{origin}/api/types')})")
                    assert sent.value.status == 403
                    if way == "form":
                        # Chromium does not close a page that is on its way to another.
                        attacker.wait_for_url(f"{origin}/api/types")
                    attacker.close()
    assert sorted(part_type.name for part_type in PartType.objects.all()) == HOSTS


ATTACK = """<!doctype html><script>
const fetch_ = self.fetch.bind(self);
const body = '{"name": "Attack"}';
self.fetch = (address) => fetch_(address, {method: "POST", mode: "no-cors", credentials: "include", body}).then(() => "sent");
self.form = (address) => {
  const form = document.createElement("form");
  Object.assign(form, {action: address, method: "post", enctype: "text/plain"});
  const input = document.createElement("input");
  Object.assign(input, {type: "hidden", name: '{"name": "Form", "x": "', value: '"}'});
  form.append(input);
  document.body.append(form);
  form.submit();
};
</script><body></body>"""


@contextmanager
def pages_of(folder: Path) -> Iterator[int]:
    """Serves the folder's pages under any name; gives the port."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
