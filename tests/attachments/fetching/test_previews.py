"""Looking at a link, and adding it within the minute: one fetch."""

from collections.abc import Callable
from pathlib import Path

import pytest

from attachments.errors import CannotFetchError
from attachments.fetching import previews
from attachments.fetching.links import Fetched, fetch
from attachments.fetching.previews import Entry, Recent, picture, preview, recent
from attachments.models import Attachment
from attachments.services import attach_link
from tests.attachments.fetching.conftest import Paste
from tests.plugins.database import at_once
from tests.plugins.files import pdf, sha256
from tests.plugins.files import picture as photo
from tests.plugins.web import Web

pytestmark = pytest.mark.django_db

Left = Callable[[], list[Path]]


def shop(web: Web) -> str:
    web.serve("/photo.jpg", photo(), "image/jpeg")
    return web.serve("/", "<title>Shop</title><meta property='og:image' content='/photo.jpg'>")


class TestPreview:
    def test_of_a_page(self, web: Web) -> None:
        url = shop(web)
        found = preview(url)
        assert (found.title, found.kind, found.has_picture, found.notice) == ("Shop", "webpage", True, None)
        shown = picture(url)
        assert shown is not None
        assert (shown.data, shown.content_type) == (photo(), "image/jpeg")
        assert web.paths == ["/", "/photo.jpg"]

    def test_of_a_picture(self, web: Web) -> None:
        url = web.serve("/photo.jpg", photo(), "image/jpeg")
        found = preview(url)
        assert (found.title, found.kind, found.has_picture) == ("photo.jpg", "image", True)

    def test_of_a_document_has_no_picture(self, web: Web) -> None:
        url = web.serve("/a.pdf", pdf(), "application/pdf")
        found = preview(url)
        assert (found.title, found.kind, found.has_picture) == ("a.pdf", "pdf", False)
        assert picture(url) is None
        assert web.paths == ["/a.pdf"]

    def test_that_fails_is_not_remembered(self, web: Web) -> None:
        with pytest.raises(CannotFetchError):
            preview(web.base + "/")
        url = shop(web)
        assert preview(url).title == "Shop"

    def test_and_then_adding_fetches_once(self, paste: Paste, web: Web, staged_files: Left) -> None:
        url = shop(web)
        preview(url)
        picture(url)
        preview(url)
        body = paste(url)
        assert (body["title"], body["filename"]) == ("Shop", "photo.jpg")
        assert web.paths == ["/", "/photo.jpg"]
        assert staged_files() == []

    def test_of_a_document_and_then_adding_fetches_once(self, paste: Paste, web: Web) -> None:
        url = web.serve("/a.pdf", pdf(), "application/pdf")
        preview(url)
        assert paste(url)["attachment_type"] == "pdf"
        assert web.paths == ["/a.pdf"]

    def test_is_not_used_twice(self, paste: Paste, web: Web) -> None:
        url = web.serve("/a.pdf", pdf(), "application/pdf")
        preview(url)
        assert paste(url)["sha256"] == paste(url)["sha256"]
        assert web.paths == ["/a.pdf", "/a.pdf"]


class TestConcurrency:
    def test_of_adding_and_looking_gives_everybody_a_whole_file(
        self, transactional_db: None, set_id: int, web: Web, staged_files: Left
    ) -> None:
        url = web.serve("/photo.jpg", photo(), "image/jpeg")
        preview(url)

        def add() -> Attachment:
            return attach_link(set_id=set_id, url=url)

        first, second, shown = at_once(add, add, lambda: picture(url))
        assert (first.blob_id, second.blob_id, shown.data) == (sha256(photo()), sha256(photo()), photo())
        recent.clear()
        assert staged_files() == []


class TestPicture:
    def test_is_fetched_when_nobody_looked_before(self, web: Web) -> None:
        assert picture(shop(web)) is not None

    def test_is_not_fetched_when_it_may_not_be(self, web: Web) -> None:
        url = shop(web)
        assert picture(url, may_fetch=False) is None
        assert web.requests == []
        preview(url)
        assert picture(url, may_fetch=False) is not None


class TestRecent:
    def test_forgets_after_a_minute(self, web: Web, monkeypatch: pytest.MonkeyPatch, staged_files: Left) -> None:
        monkeypatch.setattr(previews, "REMEMBERED_SECONDS", 0)
        url = web.serve("/a.pdf", pdf(), "application/pdf")
        preview(url)
        assert staged_files() == []
        assert recent.take(url) is None

    def test_is_not_prolonged_by_looking(self, web: Web) -> None:
        url = shop(web)
        preview(url)
        first = recent.take(url)
        assert first is not None
        recent.put(url, first)
        preview(url)
        picture(url)
        assert recent.take(url) is first
        first.fetched.close()

    def test_tidies_up_by_itself(self, web: Web, monkeypatch: pytest.MonkeyPatch, staged_files: Left) -> None:
        memory = Recent()
        url = web.serve("/a.pdf", pdf(), "application/pdf")
        memory.put(url, Entry(fetch(url)))
        clock = memory._clock
        assert clock is not None
        assert clock.daemon
        monkeypatch.setattr(previews, "REMEMBERED_SECONDS", -1)
        memory._entries[url] = Entry(memory._entries[url].fetched)
        clock.cancel()
        clock.function()
        assert staged_files() == []
        assert memory._clock is None

    def test_keeps_so_many_entries(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(previews, "_MAX_ENTRIES", 3)
        for number in range(5):
            recent.put(str(number), Entry(Fetched("webpage", str(number))))
        assert [number for number in range(5) if recent.take(str(number))] == [2, 3, 4]

    def test_keeps_so_many_bytes(self, web: Web, monkeypatch: pytest.MonkeyPatch, staged_files: Left) -> None:
        monkeypatch.setattr(previews, "_MAX_BYTES", 2 * len(pdf("1")))
        urls = [web.serve(f"/{number}.pdf", pdf(str(number)), "application/pdf") for number in range(4)]
        for url in urls:
            preview(url)
        assert len(staged_files()) == 2
        kept = [entry for url in urls if (entry := recent.take(url))]
        assert [entry.fetched.title for entry in kept] == ["2.pdf", "3.pdf"]
        for entry in kept:
            entry.fetched.close()

    def test_closes_what_it_replaces(self, web: Web, staged_files: Left) -> None:
        url = web.serve("/a.pdf", pdf(), "application/pdf")
        recent.put(url, Entry(fetch(url)))
        recent.put(url, Entry(fetch(url)))
        assert len(staged_files()) == 1
        recent.clear()
        assert staged_files() == []
