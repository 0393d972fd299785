"""Legacy rows as they are found in the wild, and what becomes of them."""

import logging
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from parts.legacy_attachments import legacy_columns, todays_columns

DIGEST = "ab" * 32
LEGACY: dict[str, Any] = {
    "id": 7,
    "attachment_type": "image",
    "title": "Front",
    "s3_key": "parts/1/attachments/5a1c.png",
    "url": None,
    "filename": "front.png",
    "content_type": "image/png",
    "file_size": 12,
    "created_at": datetime(2020, 1, 1, tzinfo=UTC),
    "updated_at": datetime(2021, 1, 1, tzinfo=UTC),
}
TODAY: dict[str, Any] = {
    **{name: value for name, value in LEGACY.items() if name not in ("s3_key", "url")},
    "url": "",
    "blob_id": None,
    "legacy_key": "parts/1/attachments/5a1c.png",
}


def todays(*, stored: set[str] | None = None, **columns: Any) -> dict[str, Any]:
    return todays_columns(SimpleNamespace(**(LEGACY | columns)), stored or set())


def legacy(**columns: Any) -> dict[str, Any]:
    return legacy_columns(SimpleNamespace(**(TODAY | columns)))


class TestTodaysColumns:
    def test_keeps_everything(self) -> None:
        assert todays() == TODAY

    @pytest.mark.parametrize(
        "key",
        [
            "parts/1/attachments/ünï côdé 電.png",
            " ",
            "/leading/and/trailing/",
            "../up",
            "x" * 500,
            f"cas/{DIGEST}",
            f"CAS/{DIGEST}",
            f"cas/{DIGEST}/more",
            f"cas/{DIGEST}\n",
            f"cas/{DIGEST.upper()}",
        ],
    )
    def test_any_key_stays_as_it_is(self, key: str) -> None:
        row = todays(s3_key=key)

        assert (row["legacy_key"], row["blob_id"]) == (key, None)

    @pytest.mark.parametrize("key", [None, ""])
    @pytest.mark.parametrize("kind", ["image", "pdf"])
    def test_a_file_without_a_key_says_that_it_is_missing(self, kind: str, key: str | None) -> None:
        assert todays(attachment_type=kind, s3_key=key)["legacy_key"] == "missing/7"

    def test_a_key_that_names_a_stored_blob_becomes_the_blob(self) -> None:
        row = todays(s3_key=f"cas/{DIGEST}", stored={DIGEST})

        assert (row["legacy_key"], row["blob_id"]) == ("", DIGEST)

    @pytest.mark.parametrize("key", [None, ""])
    def test_a_link_needs_no_key(self, key: str | None) -> None:
        row = todays(attachment_type="url", url="https://example.com/", s3_key=key)

        assert (row["legacy_key"], row["url"]) == ("", "https://example.com/")

    def test_a_link_keeps_the_key_of_its_picture(self) -> None:
        assert todays(attachment_type="url", url="https://example.com/")["legacy_key"] == LEGACY["s3_key"]

    @pytest.mark.parametrize("url", [None, "", " \t"])
    def test_a_link_without_an_address_says_so(self, url: str | None) -> None:
        assert todays(attachment_type="url", url=url)["url"] == "missing:7"

    def test_a_file_keeps_the_address_it_came_from(self) -> None:
        assert todays(url="ftp://example.com/a b")["url"] == "ftp://example.com/a b"

    @pytest.mark.parametrize(
        ("title", "filename", "url", "expected"),
        [
            (" Front ", "front.png", "https://example.com/", " Front "),
            ("", "front.png", "https://example.com/", "front.png"),
            ("  ", " ", "https://example.com/", "https://example.com/"),
            ("", None, "h" * 2000, "h" * 255),
            ("", None, None, "Attachment 7"),
        ],
    )
    def test_a_blank_title_is_filled(self, title: str, filename: str | None, url: str | None, expected: str) -> None:
        assert todays(title=title, filename=filename, url=url)["title"] == expected

    @pytest.mark.parametrize(
        ("kind", "content_type", "expected"),
        [
            ("IMAGE", None, "image"),
            (" pdf ", None, "pdf"),
            ("photo", "image/png", "image"),
            ("doc", "application/pdf; v=1", "pdf"),
            ("zip", "application/zip", "url"),
            ("", None, "url"),
        ],
    )
    def test_an_unknown_type_is_guessed(self, kind: str, content_type: str | None, expected: str) -> None:
        assert todays(attachment_type=kind, content_type=content_type)["attachment_type"] == expected

    def test_an_unknown_type_becomes_a_link_that_keeps_its_content(self) -> None:
        row = todays(attachment_type="zip", content_type=None)

        assert (row["url"], row["legacy_key"]) == ("missing:7", LEGACY["s3_key"])

    def test_a_replaced_value_is_in_the_log(self, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.WARNING):
            todays(attachment_type="photo", file_size=-3)

        assert caplog.messages == [
            "attachment 7: its type 'photo' is unknown, it becomes 'image'",
            "attachment 7: its size is -3, which is none",
        ]

    @pytest.mark.parametrize(("size", "expected"), [(None, None), (0, 0), (-1, None), (2**40, 2**40)])
    def test_a_negative_size_is_unknown(self, size: int | None, expected: int | None) -> None:
        assert todays(file_size=size)["file_size"] == expected


class TestLegacyColumns:
    def test_undoes_todays_columns(self) -> None:
        assert legacy() == LEGACY

    @pytest.mark.parametrize(
        ("key", "blob", "expected"),
        [
            ("parts/1/a.png", None, "parts/1/a.png"),
            ("parts/1/a.png", DIGEST, "parts/1/a.png"),
            ("", DIGEST, f"cas/{DIGEST}"),
            ("missing/7", None, None),
            ("missing/7", DIGEST, f"cas/{DIGEST}"),
            ("missing/8", None, "missing/8"),
            ("", None, None),
        ],
    )
    def test_the_key_names_the_content(self, key: str, blob: str | None, expected: str | None) -> None:
        assert legacy(legacy_key=key, blob_id=blob)["s3_key"] == expected

    @pytest.mark.parametrize(
        ("url", "expected"),
        [("", None), ("missing:7", None), ("https://example.com/", "https://example.com/")],
    )
    def test_a_missing_address_is_null_again(self, url: str, expected: str | None) -> None:
        assert legacy(url=url)["url"] == expected

    def test_blank_becomes_null(self) -> None:
        row = legacy(filename="", content_type="")

        assert (row["filename"], row["content_type"]) == (None, None)
