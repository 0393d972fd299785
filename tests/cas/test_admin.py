"""The store in the admin: a page about all of it, and every content with what uses it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from io import StringIO

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.test import Client

from attachments.models import Attachment
from cas.audit import reports
from cas.models import Blob
from cas.storage import CASStorage
from tests.plugins.blobs import DATA, DIGEST, refer_to
from tests.plugins.database import queries_of
from tests.plugins.faults import put_stranger

pytestmark = pytest.mark.django_db

PAGE = "/admin/cas/commandreport/"
Upload = Callable[..., Attachment]
Garbage = Callable[..., str]


def text(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(BeautifulSoup(answer.content, "html.parser").get_text(" ").split())


def check() -> None:
    with suppress(SystemExit):
        call_command("cas_check", stdout=StringIO(), stderr=StringIO())


class TestPage:
    def test_of_an_empty_store(self, chief: Client) -> None:
        page = text(chief)
        assert "Nobody has counted yet" in page
        assert page.count("There was none yet") == 2
        assert "Nothing is stored yet." in page

    def test_has_the_figures_of_the_last_reports(self, chief: Client, upload: Upload, garbage: Garbage) -> None:
        upload()
        upload()
        garbage(b"nobody's", marked=timedelta(hours=1))
        check()
        call_command("cas_gc", stdout=StringIO())
        page = text(chief)
        assert "Stored files 2, 32 bytes" in page
        assert "Waiting to be deleted 1 , 8 bytes" in page
        assert "Saved by sharing 24 bytes" in page
        assert "Counted by cas_gc on " in page
        assert "what sharing saves by cas_check on " in page
        assert "Nothing is wrong." in page
        assert "0 marked for deletion, 0 unmarked, 0 deleted (0 bytes)" in page

    def test_says_what_was_found_and_whom_it_hurts(self, chief: Client, upload: Upload, store: CASStorage) -> None:
        attachment = upload()
        store.remove(DIGEST)
        put_stranger(store, "<b>README")
        check()
        page = text(chief)
        assert "Bytes are lost or damaged; cas_gc deletes nothing meanwhile." in page
        assert f"critical {DIGEST} The store does not hold it. {attachment}" in page
        assert "'<b>README'" in page

    def test_says_why_nothing_was_deleted(self, chief: Client) -> None:
        reports.keep(reports.CHECK, {"critical": 1, "blobs": 1, "bytes": 1})
        with pytest.raises(SystemExit):
            call_command("cas_gc", stdout=StringIO(), stderr=StringIO())
        assert "Nothing was deleted. Critical findings of the last cas_check: 1." in text(chief)

    def test_shows_what_other_commands_said(self, chief: Client) -> None:
        reports.keep("backup", {"contents": 3, "failed": 1})
        page = text(chief)
        assert "Last backup Something is lost or damaged. It ended on" in page
        assert "contents 3, failed 1." in page

    def test_names_the_biggest_and_who_uses_them(self, chief: Client, upload: Upload, garbage: Garbage) -> None:
        big = upload(b"x" * 3000)
        assert big.blob is not None
        for _ in range(4):
            refer_to(big.blob)
        upload()
        garbage(b"x" * 2000)
        page = text(chief)
        assert f"{big.blob_id} 3.0 kB {big}" in page
        assert "and others" in page
        assert "2.0 kB nothing" in page
        assert page.index("3.0 kB") < page.index("2.0 kB") < page.index(f"{len(DATA)} bytes")

    def test_links_contents_to_their_pages(self, chief: Client, upload: Upload) -> None:
        upload()
        links = BeautifulSoup(chief.get(PAGE).content, "html.parser").select(".storage-subject a")
        assert [link["href"] for link in links] == [f"/admin/cas/blob/{DIGEST}/change/"]

    def test_many_findings_are_cut(self, chief: Client) -> None:
        finding = {"kind": "not_ours", "severity": "warning", "subject": "x", "sentence": "A stranger.", "hurts": []}
        reports.keep(reports.CHECK, {"warnings": 900, "not_ours": 900, "blobs": 0, "bytes": 0}, [finding] * 300)
        page = text(chief)
        assert page.count("A stranger.") == 200
        assert "And 700 more" in page

    def test_its_queries_do_not_depend_on_what_is_stored(self, chief: Client, upload: Upload) -> None:
        for number in range(10):
            upload(bytes([number]))
        check()
        before = queries_of(lambda: chief.get(PAGE))
        for number in range(10, 30):
            upload(bytes([number]))
        check()
        assert queries_of(lambda: chief.get(PAGE)) == before


class TestPermissions:
    def test_are_needed(self, staff: Callable[..., Client]) -> None:
        assert staff("cas.view_blob").get(PAGE).status_code == 403
        assert Client().get(PAGE).status_code == 302

    def test_without_that_to_see_contents_there_are_no_links(
        self, staff: Callable[..., Client], upload: Upload
    ) -> None:
        upload()
        check()
        page = staff("cas.view_commandreport").get(PAGE).content.decode()
        assert DIGEST in page
        assert "/admin/cas/blob/" not in page

    def test_nobody_changes_anything(self, chief: Client) -> None:
        reports.keep(reports.CHECK, {"blobs": 0, "bytes": 0})
        for action in ("add/", "cas_check/delete/"):
            assert chief.post(f"{PAGE}{action}", {"post": "yes"}).status_code == 403


class TestSearch:
    @pytest.mark.parametrize("term", [DIGEST, DIGEST[:7], DIGEST.upper(), f" {DIGEST} "])
    def test_finds_by_the_beginning_of_the_hash(self, chief: Client, upload: Upload, term: str) -> None:
        upload()
        other = upload(b"other").blob_id or ""
        page = BeautifulSoup(chief.get("/admin/cas/blob/", {"q": term}).content, "html.parser")
        found = page.select_one("#result_list")
        assert found is not None
        assert DIGEST in found.text
        assert other not in found.text

    def test_shows_those_that_wait(self, chief: Client, upload: Upload, garbage: Garbage) -> None:
        upload()
        waiting = garbage(b"nobody's", marked=timedelta(hours=1))
        page = text(chief, "/admin/cas/blob/?condemned_at__isnull=0")
        assert waiting in page
        assert DIGEST not in page
        assert Blob.objects.count() == 2
