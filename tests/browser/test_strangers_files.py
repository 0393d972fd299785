"""What a browser makes of files that somebody made to harm: nothing. And what it still has to show."""

import time
from collections.abc import Callable
from html import escape
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Dialog, Error, Page, Route

from cas.signing import content_url
from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.files import heic, pdf, picture
from tests.plugins.server import Server

# With the browser that people have, whatever else is enough for a page.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once, pytest.mark.full_browser, pytest.mark.long]

Keep = Callable[[bytes], str]

SCRIPT = b"alert(1);window.harmed=true;fetch('/harmed');document.title='harmed';"
HTML = b"<!doctype html><title>x</title><script>" + SCRIPT + b'</script><img src=x onerror="' + SCRIPT + b'">'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="' + SCRIPT + b'"><script>' + SCRIPT + b"</script></svg>"
# An image by its first bytes, a script by all of them.
GIF_AND_SCRIPT = b"GIF89a=1;" + SCRIPT + b"//" + bytes(100)
PDF_AND_HTML = pdf() + HTML


def jpeg_with_script() -> bytes:
    return picture(comment=b"--><script>" + SCRIPT + b"</script>*/" + SCRIPT + b"/*")


FILES = {
    "HTML": HTML,
    "XHTML": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>' + SCRIPT + b"</script></html>",
    "SVG": SVG,
    "script": SCRIPT,
    "ZIP that is a page": b"PK\x03\x04" + bytes(26) + HTML,
    "HEIC that is a page": heic() + HTML,
    "JPEG with a script in its comment": jpeg_with_script(),
    "GIF that is a script": GIF_AND_SCRIPT,
    "PDF that is a page": PDF_AND_HTML,
}
TYPES = (
    "text/html",
    "application/xhtml+xml",
    "image/svg+xml",
    "text/javascript",
    "application/octet-stream",
    "image/heic",
    "image/gif",
    "application/pdf",
    'text/html;charset=utf-7"<script>',
)


class Watched:
    """A window that writes down what a file did in it."""

    def __init__(self, page: Page, base: str) -> None:
        self.page = page
        self.base = base
        self.harm: list[str] = []
        self.downloads = 0
        page.on("dialog", self._dialog)
        page.on("request", lambda request: self.harm.append("request") if "/harmed" in request.url else None)
        page.on("download", self._download)

    def _dialog(self, dialog: Dialog) -> None:
        self.harm.append("dialog")
        dialog.dismiss()

    def _download(self, download: object) -> None:
        self.downloads += 1

    def go(self, path: str) -> None:
        """Open an address; a download is no page."""
        try:
            self.page.goto(self.base + path)
        except Error as error:
            if "Download is starting" not in str(error) and "ERR_ABORTED" not in str(error):
                raise

    def go_to_page_with(self, body: str, *, host: str = "127.0.0.1") -> None:
        """Open a page of this origin, or of another one on the same machine."""

        def page(route: Route) -> None:
            route.fulfill(body=f"<!doctype html><title>ours</title><body>{body}", content_type="text/html")

        base = self.base.replace("127.0.0.1", host)
        self.page.route(f"{base}/page", page)
        self.page.goto(f"{base}/page")

    def is_unharmed(self) -> bool:
        """Whether no script of the file ran, in the window or in a frame of it."""
        frames = [frame for frame in self.page.frames if frame.url.startswith(("http://", "about:"))]
        return not self.harm and not any(frame.evaluate("!!window.harmed") for frame in frames)


@pytest.fixture
def window(server: Server, new_context: Callable[..., object]) -> Watched:
    page: Page = new_context().new_page()  # type: ignore[attr-defined]
    return Watched(page, f"http://127.0.0.1:{server.port}")


def is_red(image: bytes) -> bool:
    """Whether some of a screenshot is of the red that no browser uses."""
    colours = Image.open(BytesIO(image)).convert("RGB").getcolors(1 << 24) or []
    return sum(count for count, (red, green, blue) in colours if red > 240 and green < 20 and blue < 20) > 5000  # type: ignore[misc]


def red_pdf() -> bytes:
    return pdf().replace(b"BT /F1 24 Tf 72 720 Td (A datasheet) Tj ET", b"1 0 0 rg 50 200 500 500 re f          ")


def wait_for_red(page: Page) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_red(page.screenshot()):
        assert time.monotonic() < deadline, "the document is not shown"


class TestHarmful:
    def test_a_file_opened_under_any_type_disposition_and_name(self, window: Watched, keep: Keep) -> None:
        for data in FILES.values():
            digest = keep(data)
            for content_type in TYPES:
                window.go(content_url(digest, content_type, "<script>alert(1)</script>.html"))
                assert window.is_unharmed(), (data[:30], content_type)
            window.go(content_url(digest, "image/gif", "x.svg") + "&disposition=attachment")
            assert window.is_unharmed(), data[:30]
        # All that is neither picture nor PDF, and the one asked for as a download; a PDF and a picture are shown.
        assert window.downloads == len(FILES) * (len(TYPES) - 2 + 1)

    def test_a_file_used_by_a_page_of_ours(self, window: Watched, keep: Keep) -> None:
        digests = map(keep, FILES.values())
        # Viewers of PDFs are left out: many at once are slow, and they have tests of their own.
        types = [one for one in TYPES if one != "application/pdf"]
        addresses = [content_url(digest, one, "x.html") for digest in digests for one in types]
        used = "".join(
            f'<script src="{one}"></script><iframe src="{one}"></iframe><object data="{one}"></object>'
            f'<embed src="{one}"><link rel=stylesheet href="{one}"><img src="{one}">'
            for one in map(escape, addresses)
        )
        window.go_to_page_with(used)
        assert window.is_unharmed()

    def test_a_worker_of_a_strangers_file(self, window: Watched, keep: Keep) -> None:
        address = content_url(keep(GIF_AND_SCRIPT), "text/javascript", "worker.js")
        window.go_to_page_with("")
        refused = window.page.evaluate(
            "address => navigator.serviceWorker.register(address).then(() => false, () => true)", address
        )
        assert refused
        assert window.is_unharmed()


class TestViewing:
    def test_a_pdf_in_the_browsers_viewer(self, window: Watched, keep: Keep) -> None:
        window.go(content_url(keep(red_pdf()), "application/pdf", "red.pdf"))
        wait_for_red(window.page)

    def test_a_pdf_in_a_frame_of_ours(self, window: Watched, keep: Keep) -> None:
        address = content_url(keep(red_pdf()), "application/pdf", "red.pdf")
        window.go_to_page_with(f'<iframe src="{address}" width=900 height=650></iframe>')
        wait_for_red(window.page)

    def test_a_pdf_in_a_frame_of_somebody_else_stays_blank(self, window: Watched, keep: Keep) -> None:
        address = window.base + content_url(keep(red_pdf()), "application/pdf", "red.pdf")
        with window.page.expect_event("requestfailed") as failed:
            window.go_to_page_with(f'<iframe src="{address}" width=900 height=650></iframe>', host="localhost")
        assert "BLOCKED" in str(failed.value.failure)
        assert not is_red(window.page.screenshot())

    def test_a_picture(self, window: Watched, keep: Keep) -> None:
        window.go(content_url(keep(picture("red", size=(400, 300))), "image/jpeg", "red.jpg"))
        wait_for_red(window.page)


class TestSaving:
    @pytest.mark.parametrize(
        ("name", "saved"),
        [
            ("Größe 10 µF (neu).jpg", "Größe 10 µF (neu).jpg"),
            ("電阻 貼片.jpg", "電阻 貼片.jpg"),
            # No system takes these characters.
            ('a "quoted" name?.jpg', "a _quoted_ name_.jpg"),
            ("100%25.jpg", "100%25.jpg"),
        ],
    )
    def test_a_download_keeps_its_name(self, window: Watched, keep: Keep, name: str, saved: str) -> None:
        window.go_to_page_with("")
        with window.page.expect_download() as download:
            window.go(content_url(keep(picture()), "image/jpeg", name) + "&disposition=attachment")
        assert download.value.suggested_filename == saved
