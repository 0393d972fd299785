"""Servers that are slow, endless, or break off; bodies that grow. For each: the answer, and nothing left behind."""

import gzip
import socket
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from attachments.fetching import fetch, resolver
from attachments.fetching.deadline import Deadline
from attachments.fetching.errors import CannotFetchError
from attachments.models import Attachment
from cas.media import images, slots
from cas.media.folders import thumbnail_folder
from tests.attachments.fetching.conftest import Paste
from tests.conftest import ApiClient
from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.files import pdf, picture
from tests.plugins.web import Exchange, Web, listening, zeros

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAGE = b"<html><head><title>A page</title></head><body>"
# Long enough to get there, and much shorter than what the servers below would take.
SHORT = 0.4


class TestPictures:
    def test_that_cannot_be_opened_in_time_leave_the_link(
        self, paste: Paste, web: Web, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.FETCH_SECONDS = 2
        # The user's own place is taken.
        monkeypatch.setattr(images, "current_user", lambda: "user-1")
        with slots.slot(thumbnail_folder(), "user-1"):
            body = paste(web.serve("/photo.jpg", picture(), "image/jpeg"))
        assert body["attachment_type"] == "url"
        assert body["notice"] == "The picture could not be opened in time. Only the link was kept."


class TestDeadline:
    """Each of these servers is so slow that it takes minutes, and the dripping ones never let the line go quiet."""

    @pytest.fixture(autouse=True)
    def short(self, web: Web, settings: Any) -> Iterator[None]:
        settings.FETCH_SECONDS = SHORT
        yield
        assert not web.was_heard_out

    @pytest.mark.parametrize("data", [PAGE, pdf()], ids=["page", "document"])
    def test_ends_a_dripping_body(self, paste: Paste, web: Web, data: bytes) -> None:
        def answer(exchange: Exchange) -> None:
            exchange.begin(Content_Type="text/html")
            exchange.wfile.write(data)
            exchange.drip(b"\n")

        assert paste.refused(web.route("/", answer)) == "the time is up"

    def test_ends_dripping_headers(self, paste: Paste, web: Web) -> None:
        def answer(exchange: Exchange) -> None:
            exchange.wfile.write(b"HTTP/1.1 200 OK\r\nX-Header: ")
            exchange.drip(b"x")
            exchange.wfile.write(b"\r\nContent-Type: text/html\r\n\r\n" + PAGE)

        assert paste.refused(web.route("/", answer)) == "the time is up"

    def test_ends_dripping_redirects(self, paste: Paste, web: Web) -> None:
        def answer(exchange: Exchange) -> None:
            web.over.wait(0.15)
            number = int(exchange.path[1:] or 4)
            exchange.send(status=302, Location=f"/{number - 1}", Content_Length="0") if number else exchange.send(PAGE)

        for number in ("", 0, 1, 2, 3):
            web.route(f"/{number}", answer)
        assert paste.refused(web.base + "/") == "the time is up"

    def test_ends_a_silent_server(self, paste: Paste, web: Web) -> None:
        assert paste.refused(web.route("/", lambda _: bool(web.over.wait(PATIENCE_SECONDS)))) == "the time is up"

    def test_ends_a_server_that_never_takes_the_connection(self, paste: Paste, web: Web) -> None:
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen(0)
            port = server.getsockname()[1]
            # The queue of one is full.
            with socket.create_connection(("127.0.0.1", port)):
                assert paste.refused(f"http://127.0.0.1:{port}/") == "the time is up"

    def test_ends_a_silent_handshake(self, paste: Paste, web: Web) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            assert paste.refused(f"https://127.0.0.1:{server.getsockname()[1]}/") == "the time is up"

    def test_ends_a_silent_name_server(self, paste: Paste, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
        def wait(*args: Any, **kwargs: Any) -> list[Any]:
            web.over.wait(PATIENCE_SECONDS)
            return []

        monkeypatch.setattr(resolver, "getaddrinfo", wait)
        assert paste.refused("http://shop.test/") in {"the name server does not answer in time", "the time is up"}

    def test_ends_a_search_for_pictures_but_keeps_the_page(
        self, paste: Paste, web: Web, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.FETCH_SECONDS = PATIENCE_SECONDS
        deadlines: list[Deadline] = []

        class Watched(Deadline):
            def __init__(self, seconds: float) -> None:
                super().__init__(seconds)
                deadlines.append(self)

        monkeypatch.setattr(fetch, "Deadline", Watched)

        def answer(exchange: Exchange) -> None:
            # The time ends just while the picture is fetched, however slow this machine is.
            deadlines[0]._end = 0
            exchange.send(picture(), "image/jpeg")

        web.route("/picture.jpg", answer)
        body = paste(web.serve("/", "<title>Shop</title><meta property='og:image' content='/picture.jpg'>"))
        assert (body["title"], body["preview_url"]) == ("Shop", None)


class TestPlaces:
    def test_that_are_all_taken_are_waited_for_only_a_moment(self, api: ApiClient, set_id: int, web: Web) -> None:
        body = {"url": web.serve("/", PAGE), "title": "Shop"}
        path = f"/attachment-sets/{set_id}/attachments"
        with ExitStack() as taken:
            for _ in range(fetch.PLACES):
                taken.enter_context(fetch._place())
            response = api.post(path, body)
        assert (response.status_code, response["Retry-After"]) == (409, "10")
        assert response.json()["details"]["code"] == "fetching_busy"
        assert web.requests == []
        assert not Attachment.objects.exists()
        assert api.post(path, body).status_code == 201

    def test_are_given_back_whatever_happens(self, web: Web) -> None:
        for _ in range(fetch.PLACES + 1):
            with pytest.raises(CannotFetchError):
                fetch.fetch(web.base + "/missing")


class TestEndlessBody:
    def test_of_a_page_is_read_as_far_as_titles_stand(self, paste: Paste, web: Web) -> None:
        def answer(exchange: Exchange) -> None:
            exchange.begin(Content_Type="text/html")
            exchange.wfile.write(PAGE)
            while not web.over.is_set():
                exchange.wfile.write(b"<p>more</p>" * 1000)

        assert paste(web.route("/", answer))["title"] == "A page"

    def test_of_a_document_ends_at_its_limit(self, paste: Paste, web: Web, settings: Any) -> None:
        settings.MAX_PDF_BYTES = 1_000_000

        def answer(exchange: Exchange) -> None:
            exchange.begin(Content_Type="application/pdf")
            exchange.wfile.write(pdf())
            while not web.over.is_set():
                exchange.wfile.write(bytes(100_000))

        body = paste(web.route("/endless.pdf", answer))
        assert (body["attachment_type"], body["title"], body["sha256"]) == ("url", "endless.pdf", None)
        assert body["notice"].endswith("at most 1 MB are allowed. Only the link was kept.")

    def test_that_decodes_to_nothing_ends(self, paste: Paste, web: Web, settings: Any) -> None:
        settings.MAX_PDF_BYTES = settings.MAX_IMAGE_BYTES = 100_000

        def answer(exchange: Exchange) -> None:
            exchange.begin(Content_Type="text/html", Content_Encoding="gzip")
            exchange.wfile.write(gzip.compress(b"")[:10])
            while not web.over.is_set():
                # Stored blocks of length zero.
                exchange.wfile.write(b"\0\0\0\xff\xff" * 10_000)

        assert "too many bytes" in paste.refused(web.route("/", answer))


class TestBodyCutShort:
    @pytest.mark.parametrize("data", [pdf(), picture(), PAGE])
    def test_by_its_length_is_refused(self, paste: Paste, web: Web, data: bytes) -> None:
        def answer(exchange: Exchange) -> None:
            exchange.begin(Content_Type="text/html", Content_Length=str(len(data) + 1))
            exchange.wfile.write(data)

        assert "IncompleteRead" in paste.refused(web.route("/", answer))

    @pytest.mark.parametrize("data", [pdf(), picture(), PAGE])
    def test_in_a_chunk_is_refused(self, paste: Paste, web: Web, data: bytes) -> None:
        def answer(exchange: Exchange) -> None:
            exchange.begin(Content_Type="text/html", Transfer_Encoding="chunked")
            exchange.wfile.write(b"%x\r\n%b\r\n%x\r\n" % (len(data), data, 1000))

        paste.refused(web.route("/", answer))

    @pytest.mark.parametrize("data", [pdf(), picture(), PAGE])
    def test_in_its_compression_is_refused(self, paste: Paste, web: Web, data: bytes) -> None:
        url = web.serve("/", gzip.compress(data)[:-9], "text/html", Content_Encoding="gzip")
        assert "cut short" in paste.refused(url)

    def test_of_a_picture_without_a_length_leaves_the_link(self, paste: Paste, web: Web) -> None:
        body = paste(web.serve("/photo.jpg", picture()[:-200], "image/jpeg"))
        assert (body["attachment_type"], body["title"], body["sha256"]) == ("url", "photo.jpg", None)
        assert "damaged or incomplete" in body["notice"]


class TestCompressedBody:
    @pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
    def test_is_stored_as_it_is_meant(self, paste: Paste, web: Web, encoding: str) -> None:
        url = web.serve("/a.pdf", gzip.compress(pdf()), "application/pdf", Content_Encoding=encoding)
        body = paste(url)
        assert (body["attachment_type"], body["file_size"]) == ("pdf", len(pdf()))

    @pytest.mark.parametrize(
        ("encoding", "times"),
        [("UTF-8", 0), ("none", 0), ("binary", 0), ("identity", 0), (",", 0), ("utf-8, gzip", 1), ("gzip, X-GZIP", 2)],
    )
    def test_is_undone_as_often_as_it_was_done(self, paste: Paste, web: Web, encoding: str, times: int) -> None:
        data = pdf()
        for _ in range(times):
            data = gzip.compress(data)
        body = paste(web.serve("/a.pdf", data, "application/pdf", Content_Encoding=encoding))
        assert (body["attachment_type"], body["file_size"]) == ("pdf", len(pdf()))

    def test_of_another_kind_is_refused(self, paste: Paste, web: Web) -> None:
        assert "Content-Encoding" in paste.refused(web.serve("/", PAGE, Content_Encoding="br"))
        assert "Content-Encoding" in paste.refused(web.serve("/", PAGE, Content_Encoding="gzip, zstd"))
        assert "Content-Encoding" in paste.refused(web.serve("/", PAGE, Content_Encoding="gzip, " * 4))
        # And one that is not what it is called.
        paste.refused(web.serve("/", PAGE, Content_Encoding="gzip"))


class TestBomb:
    """200 MB of zeros in 200 kB."""

    def test_of_zeros_ends_at_the_limit_of_files(self, paste: Paste, web: Web, settings: Any) -> None:
        settings.MAX_FILE_BYTES = 1_000_000
        url = web.serve("/model.bin", zeros(3), "application/octet-stream", Content_Encoding="gzip")
        body = paste(url)
        assert (body["attachment_type"], body["title"], body["sha256"]) == ("url", "model.bin", None)
        assert body["notice"] == "This file has 1.1 MB; at most 1 MB are allowed. Only the link was kept."

    def test_in_a_document_ends_at_its_limit_in_little_memory(self, paste: Paste, web: Web) -> None:
        url = web.serve("/a.pdf", zeros(200, head=pdf()), "application/pdf", Content_Encoding="gzip")
        tracemalloc.start()
        try:
            body = paste(url)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert (body["attachment_type"], body["title"]) == ("url", "a.pdf")
        assert "at most 100 MB are allowed" in body["notice"]
        assert peak < 10_000_000

    def test_in_a_page_is_read_as_far_as_titles_stand(self, paste: Paste, web: Web) -> None:
        bomb = zeros(3, head=PAGE)
        assert paste(web.serve("/", bomb, "text/html", Content_Encoding="gzip"))["title"] == "A page"

    def test_in_a_picture_of_a_page_is_skipped(self, paste: Paste, web: Web, settings: Any) -> None:
        settings.MAX_IMAGE_BYTES = 100_000
        web.serve("/bomb.png", zeros(3, head=picture(form="PNG")), "image/png", Content_Encoding="gzip")
        web.serve("/bomb.ico", zeros(3, head=b"\0\0\1\0\1\0"), "image/x-icon", Content_Encoding="gzip")
        web.serve("/icon.png", picture(form="PNG"), "image/png")
        page = "".join(
            f"<link rel=icon sizes={size}x1 href=/{name}>"
            for size, name in ((9, "bomb.png"), (8, "bomb.ico"), (7, "icon.png"))
        )
        assert paste(web.serve("/", "<title>Shop</title>" + page))["filename"] == "icon.png"
        assert web.paths[-3:] == ["/bomb.png", "/bomb.ico", "/icon.png"]


class TestUnexpectedServer:
    def test_of_another_protocol_is_refused(self, paste: Paste, web: Web) -> None:
        with listening(web) as port:
            paste.refused(f"https://127.0.0.1:{port}/")
