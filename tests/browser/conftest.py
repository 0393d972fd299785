"""A real browser before the real server."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from parts.models import Part
from tests.factories import AttachmentFactory, PartFactory
from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.files import BROKEN_PICTURE, pdf, picture
from tests.plugins.server import Server

CHROMIUM = shutil.which("chromium")
# The same for pages, in half of the processor time, without a window and what belongs to one: it shows no PDF.
SHELL = shutil.which("chromium-headless-shell") or CHROMIUM
# Playwright's loop runs in this thread; the tests themselves use the database between its calls.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# A busy machine is no reason to fail.
expect.set_options(timeout=PATIENCE_SECONDS * 1000)

if CHROMIUM is None and "CI" not in os.environ:
    collect_ignore_glob = ["test_*.py"]
    print("The browser tests are left out: there is no chromium (Debian's package of that name).")  # noqa: T201


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Debian's Chromium, as root, without a word to anybody outside."""
    quiet = ("background-networking", "component-update", "sync")
    return {
        "executable_path": SHELL or "chromium",
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            # Names for the site, and for those who are not, on plain HTTP.
            "--host-resolver-rules=MAP *.test 127.0.0.1",
            "--force-color-profile=srgb",
            *(f"--disable-{what}" for what in quiet),
        ],
    }


@pytest.fixture(scope="session")
def shell(launch_browser: Callable[..., Browser]) -> Iterator[Browser]:
    browser = launch_browser()
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def chromium(launch_browser: Callable[..., Browser]) -> Iterator[Browser]:
    browser = launch_browser(executable_path=CHROMIUM)
    yield browser
    browser.close()


@pytest.fixture
def browser(request: pytest.FixtureRequest) -> Browser:
    """The shell, unless the test is marked as one that needs what people have."""
    browser: Browser = request.getfixturevalue(
        "chromium" if request.node.get_closest_marker("full_browser") else "shell"
    )
    return browser


@pytest.fixture
def new_context(new_context: Callable[..., Any]) -> Callable[..., Any]:
    """Makes windows that wait as long as a slow machine needs."""

    def make(**options: Any) -> Any:
        window = new_context(**options)
        window.set_default_timeout(PATIENCE_SECONDS * 1000)
        return window

    return make


@pytest.fixture
def open_admin(
    server: Server, new_context: Callable[..., Any], expected_errors: list[str]
) -> Iterator[Callable[..., Page]]:
    """A window of its own for this user, logged in. An error of its scripts, or in its console, fails the test."""

    messages: list[ConsoleMessage] = []
    uncaught: list[str] = []

    def log_in(user: User, **context: Any) -> Page:
        address = f"http://127.0.0.1:{server.port}"
        session = Client()
        session.force_login(user)
        window = new_context(base_url=address, **context)
        cookie = session.cookies[settings.SESSION_COOKIE_NAME].value
        window.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": address}])
        page: Page = window.new_page()
        page.on("console", lambda message: messages.append(message))  # noqa: PLW0108  (Playwright wants a function)
        page.on("pageerror", lambda error: uncaught.append(error.stack or str(error)))
        return page

    yield log_in
    errors = [f"{message.text} ({message.location['url']})" for message in messages if message.type == "error"]
    # A browser reports every refusal of the server; the tests that provoke one say which.
    assert uncaught == []
    assert [error for error in errors if not any(word in error for word in expected_errors)] == []


@pytest.fixture
def expected_errors() -> list[str]:
    """Words of the console errors that a test provokes."""
    return []


@pytest.fixture
def admin_page(open_admin: Callable[..., Page], superuser: User) -> Page:
    """As somebody who may do everything."""
    return open_admin(superuser)


@pytest.fixture
def viewer(transactional_db: None) -> User:
    """Staff who may look at everything and change nothing."""
    user = User.objects.create_user("viewer", password="secret", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return user


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Files on a person's disk."""
    contents = {
        "front.jpg": picture("seagreen", size=(800, 600)),
        "back.png": picture("goldenrod", size=(600, 800), form="PNG"),
        "label.jpg": picture("steelblue"),
        "datasheet.pdf": pdf("NE555 timer"),
        "notes.png": BROKEN_PICTURE,
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    return {name: tmp_path / name for name in contents}


@pytest.fixture
def part(transactional_db: None) -> Part:
    """With two pictures, Front and Back, and a datasheet."""
    part = PartFactory.create(description="A timer")
    for title, colour in (("Front", "seagreen"), ("Back", "goldenrod")):
        AttachmentFactory.create(image=True, owner=part, title=title, content=picture(colour, size=(600, 400)))
    AttachmentFactory.create(pdf=True, owner=part, title="Datasheet")
    return part
