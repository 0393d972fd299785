"""What a person sees of the panel, and does with it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import FloatRect, Locator, Page, expect

from parts.models import Part
from tests.plugins.database import PATIENCE_SECONDS

_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def tile(page: Page, title: str) -> Locator:
    """The tile of an attachment, found by its title."""
    return page.locator(".tile").filter(has=page.locator(".tile-title").get_by_text(title, exact=True))


def titles(page: Page) -> Locator:
    """The titles of all tiles."""
    return page.locator("[data-part=list] .tile-title")


def wait_for_panel(page: Page) -> None:
    """Return when the script has taken over from the plain form."""
    expect(page.locator("[data-attachments][data-ready]")).to_be_attached()


def open_part(page: Page, part: Part) -> None:
    """Open the page of a part, and wait for its panel."""
    page.goto(f"/admin/parts/part/{part.pk}/change/")
    wait_for_panel(page)


def press(page: Page, title: str, button: str) -> None:
    """Press a button of the tile with this title."""
    tile(page, title).get_by_role("button", name=button).click()


def follow(page: Page, title: str, link: str) -> None:
    """Follow a link of the tile with this title."""
    tile(page, title).get_by_role("link", name=link).click()


def until(page: Page, condition: Callable[[], bool]) -> None:
    """Return when the condition holds; meanwhile the browser's events come in."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it does not happen")
        # Not a wait in the page, whose clock may be stopped.
        page.wait_for_timeout(20)


def install_clock(page: Page) -> None:
    """Give the pages to come a clock that can be stopped. It goes as usual until then."""
    page.clock.install(time=_BEGINNING)


def stop_clock(page: Page) -> None:
    """From now on the page's time passes only when the test says so, however slow this machine is."""
    page.clock.pause_at(_BEGINNING + timedelta(days=1))


def is_shown(image: Locator) -> bool:
    """Whether the browser really got a picture."""
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("complete", True)
    return bool(image.evaluate("image => image.naturalWidth > 0"))


def box(element: Locator) -> FloatRect:
    """Where it is on the page, and how large."""
    found = element.bounding_box()
    assert found is not None
    return found


def drop(page: Page, *files: tuple[str, str, bytes]) -> None:
    """Drop files (name, type, content) somewhere on the page, as a person does from the desktop."""
    _carry(page, "drop", "dataTransfer", files)


def paste(page: Page, *files: tuple[str, str, bytes], text: str = "") -> None:
    """Paste files or a text with nothing in focus."""
    _carry(page, "paste", "clipboardData", files, text)


_CARRY = """([kind, carrier, files, text]) => {
    const data = new DataTransfer();
    for (const [name, type, bytes] of files) data.items.add(new File([new Uint8Array(bytes)], name, {type}));
    if (text) data.setData("text/plain", text);
    const event = kind === "paste"
        ? new ClipboardEvent(kind, {bubbles: true, cancelable: true, clipboardData: data})
        : new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: data});
    document.querySelector("h1").dispatchEvent(event);
}"""


def _carry(page: Page, kind: str, carrier: str, files: tuple[tuple[str, str, bytes], ...], text: str = "") -> None:
    page.evaluate(_CARRY, [kind, carrier, [(name, mime, list(data)) for name, mime, data in files], text])
