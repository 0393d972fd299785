"""Addresses of documents, of files that are none, and of pages that only wrap them."""

from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from attachments import services
from attachments.fetching import previews, sites
from attachments.fetching.fetch import fetch
from attachments.models import Attachment
from tests.attachments.fetching.conftest import Paste
from tests.plugins.files import pdf, picture, sha256
from tests.plugins.web import Web

pytestmark = pytest.mark.django_db


class TestDocument:
    @pytest.mark.parametrize("content_type", ["application/pdf", "text/html", "application/octet-stream", ""])
    def test_is_stored_with_its_source_whatever_the_server_calls_it(
        self, paste: Paste, web: Web, content_type: str
    ) -> None:
        url = web.serve("/files/ne555.pdf", pdf("NE555"), content_type)
        body = paste(url)
        assert (body["attachment_type"], body["title"], body["filename"]) == ("pdf", "ne555.pdf", "ne555.pdf")
        assert (body["url"], body["content_type"], body["sha256"]) == (url, "application/pdf", sha256(pdf("NE555")))
        assert (body["file_size"], body["notice"]) == (len(pdf("NE555")), None)
        assert body["download_url"]

    def test_that_is_a_picture_becomes_the_cover(self, paste: Paste, web: Web) -> None:
        body = paste(web.serve("/photo.jpg", picture(), "image/jpeg"))
        assert (body["attachment_type"], body["content_type"]) == ("image", "image/jpeg")
        row = Attachment.objects.get()
        assert row.attachment_set.cover_attachment_id == row.pk

    @pytest.mark.parametrize(
        ("path", "disposition", "filename"),
        [
            ("/a%20b.pdf", "", "a b.pdf"),
            ("/download", "", "download.pdf"),
            ("/download.php", 'attachment; filename="ne555.pdf"', "ne555.pdf"),
            ("/x", "attachment; filename*=UTF-8''10k%CE%A9.pdf", "10kΩ.pdf"),
            ("/x", 'inline; filename="../../etc/passwd"', "passwd.pdf"),
            ("/x", 'inline; filename="a\u202efdp.exe"', "afdp.exe.pdf"),
            ("/x", "inline; filename*=nonsense''x", "x.pdf"),
            ("/x", 'inline; filename="=?UTF-8?B?R3LDtsOfZS5wZGY=?="', "Größe.pdf"),
            ("/x", 'inline; filename="=?iso-8859-1?Q?10=B5F?= data.pdf"', "10µF data.pdf"),
            ("/x", 'inline; filename="=?nonsense?B?R3I=?=.pdf"', "=?nonsense?B?R3I=?=.pdf"),
            ("/x", 'inline; filename="a%20b%2Fc%C3%B6.pdf"', "cö.pdf"),
            ("/x", 'inline; filename="100% %FF.pdf"', "100% %FF.pdf"),
            ("/x", "inline; filename=\"plain.pdf\"; filename*=UTF-8''100%2525.pdf", "100%25.pdf"),
            ("/x", 'inline; filename="&section=2.hta"', "&section=2.hta.pdf"),
            ("/NE555.PDF", "", "NE555.PDF"),
            ("/", "", "127.0.0.1.pdf"),
        ],
    )
    def test_has_the_name_that_the_server_or_the_address_gives(
        self, paste: Paste, web: Web, path: str, disposition: str, filename: str
    ) -> None:
        def answer(exchange: Any) -> None:
            header = disposition.encode().decode("latin-1")
            exchange.send(pdf(), "application/pdf", 200, **({"Content_Disposition": header} if header else {}))

        assert paste(web.route(path, answer))["filename"] == filename

    @pytest.mark.parametrize(
        "data",
        [b"PK\3\4" + bytes(100), b"ISO-10303-21;\nHEADER;", b"<svg xmlns='http://www.w3.org/2000/svg'/>", bytes(2000)],
    )
    def test_of_another_type_is_a_file(self, paste: Paste, web: Web, data: bytes) -> None:
        body = paste(web.serve("/model.step", data, "image/png"))
        assert (body["attachment_type"], body["title"], body["sha256"]) == ("file", "model.step", sha256(data))
        assert (body["content_type"], body["notice"]) == ("application/octet-stream", None)

    def test_of_a_blocked_type_stays_a_link(self, paste: Paste, web: Web, settings: Any) -> None:
        settings.BLOCKED_FILE_TYPES = ["step"]
        body = paste(web.serve("/model.step", b"ISO-10303-21;", "text/plain"))
        assert (body["attachment_type"], body["title"], body["sha256"]) == ("url", "model.step", None)
        assert body["notice"].startswith("Files of the type .step are not taken here.")

    def test_of_another_type_that_breaks_off_stays_a_link(self, paste: Paste, web: Web) -> None:
        body = paste(web.serve("/video.mp4", b"\0\0\0\x18ftypmp42" + bytes(5000), "video/mp4", Content_Length="9000"))
        assert (body["attachment_type"], body["title"], body["sha256"]) == ("url", "video.mp4", None)
        assert body["notice"] == "The file did not arrive whole. Only the link was kept."

    def test_without_a_name_is_called_after_the_server(self, paste: Paste, web: Web) -> None:
        assert paste(web.serve("/", b"PK\3\4" + bytes(100), "application/zip"))["filename"] == "127.0.0.1.bin"

    @pytest.mark.parametrize("length", ["", "2000000"])
    def test_that_is_too_large_stays_a_link(self, paste: Paste, web: Web, settings: Any, length: str) -> None:
        settings.MAX_PDF_BYTES = 1_000_000
        data = pdf() + bytes(2_000_000 - len(pdf()))
        headers = {"Content_Length": length} if length else {}
        body = paste(web.serve("/a.pdf", data, "application/pdf", **headers))
        assert (body["attachment_type"], body["title"]) == ("url", "a.pdf")
        size = "2.0" if length else "1.1"
        assert body["notice"] == (f"This PDF document has {size} MB; at most 1 MB are allowed. Only the link was kept.")

    def test_is_fetched_outside_of_any_transaction(self, web: Web, transactional_db: None, set_id: int) -> None:
        seen = []

        def watched(url: str) -> Any:
            seen.append(connection.in_atomic_block)
            return fetch(url)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(previews, "fetch", watched)
            services.attach_link(set_id=set_id, url=web.serve("/a.pdf", pdf(), "application/pdf"))
        assert seen == [False]


class TestPage:
    def test_without_a_title_is_called_by_its_address(self, paste: Paste, web: Web) -> None:
        url = web.serve("/", "<p>A page</p>")
        assert paste(url)["title"] == url

    def test_at_the_address_of_a_document_says_so(self, paste: Paste, web: Web) -> None:
        body = paste(web.serve("/ne555.pdf", "<title>Please log in</title>"))
        assert (body["attachment_type"], body["title"]) == ("url", "Please log in")
        assert body["notice"] == "A PDF was expected, but the address leads to a web page. Only the link was kept."

    @pytest.mark.parametrize("content_type", ["", "text/plain", "application/octet-stream"])
    def test_is_known_by_its_first_tag(self, paste: Paste, web: Web, content_type: str) -> None:
        assert paste(web.serve("/", "<!DOCTYPE html><title>A page</title>", content_type))["title"] == "A page"

    def test_may_be_xhtml(self, paste: Paste, web: Web) -> None:
        html = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>A</title></head></html>'
        assert paste(web.serve("/", html, "application/xhtml+xml; charset=utf-8"))["title"] == "A"

    def test_may_have_a_nonsensical_type(self, paste: Paste, web: Web) -> None:
        assert paste(web.serve("/", "<html><title>A</title>", "text/html; charset*=nonsense''x"))["title"] == "A"


class TestLCSC:
    PATH = "/datasheet/lcsc_datasheet_NE555P_C46749.pdf"

    @pytest.fixture(autouse=True)
    def names(self, web: Web) -> None:
        web.names |= {"www.lcsc.com": ["127.0.0.1"], "wmsc.lcsc.com": ["127.0.0.1"], "shop.test": ["127.0.0.1"]}

    def address(self, web: Web, host: str = "www.lcsc.com") -> str:
        return f"http://{host}:{web.port}{self.PATH}"

    def wrap(self, web: Web, frame: str, path: str = PATH) -> None:
        web.serve(path, f"<title>LCSC viewer</title><iframe src='about:blank'></iframe><iframe src='{frame}'></iframe>")

    def test_gives_the_document_in_the_frame(self, paste: Paste, web: Web) -> None:
        web.serve("/wmsc/C46749.pdf", pdf("NE555"), "application/pdf")
        self.wrap(web, f"http://wmsc.lcsc.com:{web.port}/wmsc/C46749.pdf?v=1")
        body = paste(self.address(web))
        assert (body["attachment_type"], body["sha256"]) == ("pdf", sha256(pdf("NE555")))
        assert (body["url"], body["filename"]) == (self.address(web), "lcsc_datasheet_NE555P_C46749.pdf")
        assert body["notice"] is None

    def test_gives_it_after_a_redirect_too(self, paste: Paste, web: Web) -> None:
        web.serve("/C46749.pdf", pdf("NE555"), "application/pdf")
        web.redirect(self.PATH, "/viewer")
        self.wrap(web, "/C46749.pdf", "/viewer")
        assert paste(self.address(web))["attachment_type"] == "pdf"

    @pytest.mark.parametrize("frame", ["http://10.0.0.5/a.pdf", "/missing.pdf", "/page.pdf", "/viewer.html", ""])
    def test_stays_a_page_when_the_frame_has_no_document(self, paste: Paste, web: Web, frame: str) -> None:
        web.serve("/page.pdf", "<title>Another page</title>")
        self.wrap(web, frame)
        body = paste(self.address(web))
        assert (body["attachment_type"], body["title"], body["sha256"]) == ("url", "LCSC viewer", None)
        assert body["notice"].startswith("A PDF was expected")

    @pytest.mark.parametrize("host", ["shop.test", "www.lcsc.com.shop.test", "notlcsc.com"])
    def test_is_asked_on_its_own_site_only(self, paste: Paste, web: Web, host: str) -> None:
        web.names[host] = ["127.0.0.1"]
        web.serve("/a.pdf", pdf(), "application/pdf")
        self.wrap(web, "/a.pdf")
        assert paste(self.address(web, host))["attachment_type"] == "url"

    def test_wraps_only_what_looks_like_a_document(self, paste: Paste, web: Web) -> None:
        web.serve("/a.pdf", pdf(), "application/pdf")
        self.wrap(web, "/a.pdf", "/product/" + quote("NE555P"))
        assert paste(f"http://www.lcsc.com:{web.port}/product/NE555P")["attachment_type"] == "url"


class TestSites:
    def test_one_that_fails_is_passed_over(self, paste: Paste, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(page: Any) -> str:
            raise ValueError(page)

        def other(page: Any) -> str:
            return web.base + "/a.pdf"

        monkeypatch.setattr(sites, "SITES", (broken, other))
        web.serve("/a.pdf", pdf(), "application/pdf")
        assert paste(web.serve("/", "<title>Shop</title>"))["attachment_type"] == "pdf"
