"""The addresses of what an attachment shows."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from structlog.testing import capture_logs

from attachments.content_urls import Links, cover_url, links_of
from attachments.models import Attachment
from cas.signing import is_signed
from tests.plugins.database import queries_of

DIGEST = "5" * 64
KINDS: dict[str, dict[str, Any]] = {
    "image": {"attachment_type": "image", "content_type": "image/png", "filename": "a b.png"},
    "pdf": {"attachment_type": "pdf", "content_type": "application/pdf", "filename": "a b.pdf"},
    "file": {"attachment_type": "file", "content_type": "application/octet-stream", "filename": "a b.zip"},
    "link with picture": {"attachment_type": "url", "content_type": "image/jpeg", "filename": "shop.jpg"},
    "link with document": {"attachment_type": "url", "content_type": "application/pdf", "filename": "shop.pdf"},
}
with_preview = pytest.mark.parametrize("kind", ["image", "link with picture"])


def row(kind: str, **columns: Any) -> Attachment:
    return Attachment(pk=7, attachment_set_id=3, **{**KINDS[kind], **columns})


def query(address: str | None) -> dict[str, str]:
    """The parameters, of which none may come twice."""
    assert address is not None
    pairs = parse_qs(urlsplit(address).query, strict_parsing=True, keep_blank_values=True)
    assert all(len(values) == 1 for values in pairs.values())
    return {name: values[0] for name, values in pairs.items()}


class TestStoredContent:
    @pytest.mark.parametrize("kind", KINDS)
    def test_is_viewed_under_its_digest_by_its_type_and_name_and_downloaded_with_a_word_more(self, kind: str) -> None:
        attachment = row(kind, blob_id=DIGEST)
        links = links_of(attachment)
        assert urlsplit(links.attachment_url or "").path == f"/api/cas/{DIGEST}"
        asked = query(links.attachment_url)
        assert asked.keys() == {"content_type", "filename", "sig"}
        assert (asked["content_type"], asked["filename"]) == (attachment.content_type, attachment.filename)
        assert links.download_url == f"{links.attachment_url}&disposition=attachment"
        for address in filter(lambda address: address and "/icons/" not in address, vars(links).values()):
            asked = query(address)
            assert is_signed(asked["sig"], DIGEST, asked.get("content_type"), asked.get("filename"))

    @with_preview
    def test_has_a_thumbnail_and_a_preview(self, kind: str) -> None:
        links = links_of(row(kind, blob_id=DIGEST))
        assert query(links.thumbnail_url)["thumbnail"] == "150"
        assert query(links.preview_url)["thumbnail"] == "500"

    def test_of_a_document_has_a_preview_only(self) -> None:
        links = links_of(row("pdf", blob_id=DIGEST))
        assert links.thumbnail_url is None
        assert query(links.preview_url)["thumbnail"] == "500"

    def test_of_another_file_has_an_icon_for_a_preview(self) -> None:
        links = links_of(row("file", blob_id=DIGEST))
        assert (links.thumbnail_url, links.preview_url) == (None, "/api/icons/archive")

    def test_of_a_picture_that_browsers_do_not_show_is_viewed_as_a_large_thumbnail(self) -> None:
        links = links_of(row("image", blob_id=DIGEST, content_type="image/heic", filename="a.heic"))
        assert query(links.attachment_url)["thumbnail"] == "1000"
        assert query(links.thumbnail_url)["thumbnail"] == "150"
        asked = query(links.download_url)
        assert (asked["content_type"], asked["disposition"]) == ("image/heic", "attachment")

    def test_of_a_link_with_a_document_has_neither(self) -> None:
        links = links_of(row("link with document", blob_id=DIGEST))
        assert (links.thumbnail_url, links.preview_url) == (None, None)

    def test_of_an_unknown_type_is_a_download(self) -> None:
        attachment = row("image", blob_id=DIGEST, content_type="", filename="")
        assert query(links_of(attachment).attachment_url)["content_type"] == "application/octet-stream"


class TestContentThatIsNotMigrated:
    @pytest.mark.parametrize("kind", KINDS)
    def test_is_viewed_through_its_set(self, kind: str) -> None:
        attachment = row(kind, legacy_key="parts/1/attachments/secret.bin")
        address = links_of(attachment).attachment_url
        assert urlsplit(address or "").path == "/api/attachment-sets/3/attachments/7/content"
        assert query(address) == {"content_type": attachment.content_type, "filename": attachment.filename}

    @with_preview
    def test_has_a_thumbnail_and_a_preview(self, kind: str) -> None:
        links = links_of(row(kind, legacy_key="parts/1/x"))
        assert query(links.thumbnail_url) == {"thumbnail": "150"}
        assert query(links.preview_url) == {"thumbnail": "500"}

    def test_moves_to_the_store_when_it_is_migrated(self) -> None:
        attachment = row("image", legacy_key="parts/1/x", blob_id=DIGEST)
        assert links_of(attachment) == links_of(row("image", blob_id=DIGEST))


class TestNoContent:
    def test_has_no_links(self) -> None:
        assert links_of(Attachment(attachment_type="url", url="https://example.com/")) == Links()


@pytest.mark.django_db
def test_links_take_no_query() -> None:
    attachment = row("image", blob_id=DIGEST)
    assert queries_of(lambda: links_of(attachment)) == 0


class TestCoverUrl:
    @pytest.mark.parametrize("content", [{"blob_id": DIGEST}, {"legacy_key": "parts/1/x"}])
    @with_preview
    def test_is_the_thumbnail_to_which_more_may_be_appended(self, kind: str, content: dict[str, str]) -> None:
        attachment = row(kind, **content)
        address = cover_url(attachment)
        assert address == links_of(attachment).thumbnail_url
        assert "?thumbnail=150" in (address or "")
        assert "content_type" not in query(address)

    def test_is_null_without_a_cover(self) -> None:
        assert cover_url(None) is None

    @pytest.mark.parametrize(
        "cover",
        [
            Attachment(pk=7, attachment_type="url", url="https://example.com/"),
            Attachment(pk=7, attachment_type="pdf", blob_id=DIGEST, content_type="application/pdf"),
        ],
        ids=["link", "PDF"],
    )
    def test_of_a_cover_without_picture_is_null_and_a_warning(self, cover: Attachment) -> None:
        with capture_logs() as logs:
            assert cover_url(cover) is None
        assert [(line["event"], line["log_level"], line["attachment_id"]) for line in logs] == [
            ("cover_without_picture", "warning", 7)
        ]
