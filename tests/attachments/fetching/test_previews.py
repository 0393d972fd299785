"""Looking at a link, and adding it within the minute: one fetch."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from attachments.fetching import recent
from attachments.fetching.errors import CannotFetchError
from attachments.fetching.fetch import Fetched, fetch
from attachments.fetching.previews import picture, preview
from attachments.models import Attachment
from attachments.services import attach_link
from cas.storage import CASStorage
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

    def test_is_used_by_all_who_add_it(self, paste: Paste, web: Web) -> None:
        url = web.serve("/a.pdf", pdf(), "application/pdf")
        preview(url)
        assert paste(url)["sha256"] == paste(url)["sha256"] == sha256(pdf())
        assert web.paths == ["/a.pdf"]


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
    """What is remembered lies in files, so that it does not matter which process of the server is asked."""

    def test_forgets_after_a_minute(self, web: Web, remembered: Left) -> None:
        url = web.serve("/a.pdf", pdf(), "application/pdf")
        preview(url)
        make_old(remembered())
        assert recent.find(url) is None
        recent.tidy()
        assert remembered() == []

    def test_is_not_prolonged_by_looking(self, web: Web, remembered: Left) -> None:
        url = shop(web)
        preview(url)
        before = {path: path.stat().st_mtime for path in remembered()}
        preview(url)
        picture(url)
        assert {path: path.stat().st_mtime for path in remembered()} == before

    def test_tidies_up_by_itself_until_nothing_is_left(self, web: Web, remembered: Left) -> None:
        preview(web.serve("/a.pdf", pdf(), "application/pdf"))
        make_old(remembered())
        clock = recent._clock
        assert clock is not None
        assert clock.daemon
        recent.keep("later", Fetched("webpage", "later")).close()
        clock.function()
        assert len(remembered()) == 1
        following = recent._clock
        assert following is not None
        assert following is not clock
        make_old(remembered())
        following.function()
        assert remembered() == []

    @pytest.mark.parametrize("torn", [b"", b'{"kind": "pdf", "ti', bytes(8), "{ü".encode("latin-1")])
    def test_what_a_power_cut_left_counts_for_nothing(self, web: Web, remembered: Left, torn: bytes) -> None:
        url = web.serve("/a.pdf", pdf(), "application/pdf")
        preview(url)
        remembered()[0].write_bytes(torn)
        assert recent.find(url) is None
        # Neither does it stand in the way of others.
        preview(shop(web))
        assert preview(url).title == "a.pdf"
        for path in remembered():
            path.write_bytes(torn)
        make_old(remembered())
        recent.tidy()
        assert remembered() == []

    def test_keeps_so_many_entries(self, remembered: Left) -> None:
        for number in range(5):
            make_older(remembered())
            recent.keep(str(number), Fetched("webpage", str(number))).close()
        recent.tidy(max_entries=3)
        assert [number for number in range(5) if is_remembered(str(number))] == [2, 3, 4]

    def test_keeps_so_many_bytes(self, web: Web, remembered: Left) -> None:
        urls = [web.serve(f"/{number}.pdf", pdf(str(number)), "application/pdf") for number in range(4)]
        for url in urls:
            make_older(remembered())
            preview(url)
        recent.tidy(max_bytes=2 * remembered()[0].stat().st_size + 20)
        assert [url for url in urls if is_remembered(url)] == urls[2:]
        assert len(remembered()) == 2

    def test_forgets_what_it_replaces(self, web: Web, remembered: Left, staged_files: Left) -> None:
        url = web.serve("/a.pdf", pdf(), "application/pdf")
        for _ in range(2):
            with closing(fetch(url)) as fetched:
                recent.keep(url, fetched).close()
        assert len(remembered()) == 1
        assert staged_files() == []


def is_remembered(url: str) -> bool:
    entry = recent.find(url)
    if entry is not None:
        entry.close()
    return entry is not None


def make_older(paths: list[Path]) -> None:
    """Ten seconds."""
    for path in paths:
        age = path.stat().st_mtime - 10
        os.utime(path, (age, age))


def make_old(paths: list[Path]) -> None:
    """Too old for everything."""
    for path in paths:
        os.utime(path, (0, 0))


@pytest.fixture
def remembered(store: CASStorage) -> Left:
    """The files of what is remembered."""
    return lambda: sorted(store.staging_dir.with_name("previews").glob("*"))
