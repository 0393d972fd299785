"""How a look goes on by itself: refreshes, cookies on the way, and pages that stand in for others."""

from typing import Any

import pytest

from tests.attachments.fetching.conftest import Paste
from tests.conftest import ApiClient
from tests.plugins.files import pdf, picture
from tests.plugins.web import Exchange, Web

pytestmark = pytest.mark.django_db


def refresh(url: str) -> str:
    return f'<title>Wait</title><meta http-equiv=refresh content="0;url={url}">'


class TestRefresh:
    def test_in_a_page_leads_to_a_document(self, paste: Paste, web: Web) -> None:
        web.serve("/sheet.pdf", pdf(), "application/pdf")
        body = paste(web.serve("/", refresh("/sheet.pdf")))
        assert (body["attachment_type"], body["filename"], body["url"]) == ("pdf", "sheet.pdf", web.base + "/")

    def test_in_a_header_leads_to_a_page(self, paste: Paste, web: Web) -> None:
        web.serve("/next", "<title>Arrived</title>")
        assert paste(web.serve("/", "<title>Wait</title>", Refresh="1; url=/next"))["title"] == "Arrived"

    @pytest.mark.parametrize("in_header", [True, False])
    def test_is_checked_like_a_redirect(self, paste: Paste, web: Web, in_header: bool) -> None:
        target = "http://169.254.169.254/latest/meta-data/"
        headers = {"Refresh": f"0;url={target}"} if in_header else {}
        url = web.serve("/", "<title>Wait</title>" if in_header else refresh(target), **headers)
        assert paste.refused(url) == "169.254.169.254 is not public"

    def test_and_redirects_together_are_followed_four_times(self, paste: Paste, web: Web) -> None:
        web.serve("/0", "<title>Arrived</title>")
        web.serve("/1", refresh("/0"))
        web.redirect("/2", "/1")
        web.serve("/3", "<title>Wait</title>", Refresh="0;url=/2")
        web.serve("/4", refresh("/3"))
        assert paste(web.base + "/4")["title"] == "Arrived"
        with pytest.raises(AssertionError, match="cannot_fetch"):
            paste(web.serve("/5", refresh("/4")))
        assert paste.reasons() == ["too many redirects"]


class TestCookies:
    @staticmethod
    def gate(exchange: Exchange) -> None:
        """Lets in who brings its cookie; sets it and sends on whoever does not."""
        if "visitor=7" in exchange.headers.get("Cookie", ""):
            exchange.send(b"<title>Inside</title>", "text/html")
        else:
            exchange.begin(302, Location=exchange.path, Set_Cookie="visitor=7; Path=/; HttpOnly", Content_Length="0")

    def test_of_a_redirect_are_sent_back(self, paste: Paste, web: Web) -> None:
        assert paste(web.route("/", self.gate))["title"] == "Inside"

    def test_of_a_page_are_sent_back_after_its_refresh(self, paste: Paste, web: Web) -> None:
        web.route("/in", self.gate)
        assert paste(web.serve("/", refresh("/in"), Set_Cookie="visitor=7"))["title"] == "Inside"
        assert len(web.requests) == 2

    def test_are_kept_nowhere(self, paste: Paste, web: Web) -> None:
        paste(web.route("/", self.gate))
        paste(web.base + "/?again")
        assert [request.headers.get("Cookie") for request in web.requests] == [None, "visitor=7"] * 2

    def test_go_to_no_other_host_and_to_no_other_request(self, paste: Paste, web: Web) -> None:
        web.names["shop.test"] = web.names["cdn.shop.test"] = ["127.0.0.1"]
        web.serve("/photo.jpg", picture(), "image/jpeg")
        web.serve("/next", "<title>Arrived</title><meta property=og:image content=/photo.jpg>")

        def answer(exchange: Exchange) -> None:
            location = f"http://cdn.shop.test:{web.port}/next"
            exchange.begin(302, Location=location, Set_Cookie="a=1; Domain=shop.test", Content_Length="0")

        web.route("/", answer)
        assert paste(f"http://shop.test:{web.port}/")["filename"] == "photo.jpg"
        assert [request.headers.get("Cookie") for request in web.requests] == [None] * 3

    @pytest.mark.parametrize("cookie", ["a=1; Secure", "a=1; Max-Age=0", "a=1; Path=/other", "=;;=", "a=" + "x" * 9000])
    def test_that_do_not_fit_are_left_out(self, paste: Paste, web: Web, cookie: str) -> None:
        web.serve("/in", "<title>Inside</title>")
        web.route("/", lambda exchange: exchange.begin(302, Location="/in", Set_Cookie=cookie, Content_Length="0"))
        assert paste(web.base + "/")["title"] == "Inside"
        assert web.requests[1].headers.get("Cookie") is None


class TestWall:
    @pytest.mark.parametrize(
        "title",
        [
            "Just a moment...",
            "Attention Required! | Cloudflare",
            "Access Denied",
            "Robot Check",
            "Security check - shop.test",
            "Pardon Our Interruption",
            "Redirecting…",
            "Redirecting to https://shop.test/",
            "Please verify you are a human",
        ],
    )
    def test_gives_no_title_and_no_picture(self, api: ApiClient, paste: Paste, web: Web, title: str) -> None:
        icon = "<link rel=icon href=/icon.png>"
        web.serve("/icon.png", picture(form="PNG"), "image/png")
        url = web.serve("/", f"<title>{title}</title>{icon}")
        looked = api.post("/parts/attachment-preview", {"url": url}).json()
        notice = f"The site showed “{title}” instead of the page. Only the link was kept."
        assert (looked["title"], looked["image_url"], looked["notice"]) == (url, None, notice)
        kept: Any = paste(url, title="Precision timer")
        assert (kept["title"], kept["sha256"], kept["notice"]) == ("Precision timer", None, notice)

    @pytest.mark.parametrize(
        "title", ["Captcha keypad module", "Loading coil 10 mH", "Access denied sign, A4", "Robot arm"]
    )
    def test_is_not_every_page_with_such_words(self, paste: Paste, web: Web, title: str) -> None:
        body = paste(web.serve("/", f"<title>{title}</title>"))
        assert (body["title"], body["notice"]) == (title, None)
