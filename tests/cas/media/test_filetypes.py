"""What a file is, told from its first bytes."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from cas.media.filetypes import (
    ALLOWED,
    AVIF,
    FILE,
    GIF,
    HEIC,
    JPEG,
    PDF,
    PNG,
    WEBP,
    FileType,
    allowed_types,
    blocked_type,
    describe,
    recognise,
)
from tests.plugins.files import heic, pdf, picture

pytestmark = pytest.mark.once

HEADS = {
    "a JPEG": (picture(form="JPEG"), JPEG),
    "a PNG": (picture(form="PNG"), PNG),
    "a GIF": (picture(form="GIF"), GIF),
    "an old GIF": (b"GIF87a" + picture(form="GIF")[6:], GIF),
    "a WebP": (picture(form="WEBP"), WEBP),
    "an AVIF": (picture(form="AVIF"), AVIF),
    "an AVIF sequence": (b"\0\0\0\x1cftypavis\0\0\0\0avismsf1miaf", AVIF),
    "an AVIF of a general brand": (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", AVIF),
    "a HEIC": (heic(), HEIC),
    "a HEIC of a general brand": (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf", HEIC),
    "a PDF": (pdf(), PDF),
    "a PDF after a line of a mail": (b"Content-Type: application/pdf\r\n\r\n" + pdf(), PDF),
    "a PDF at the last place that is looked at": (b"\n" * (1024 - 5) + pdf(), PDF),
}
OTHERS = {
    "a Windows program": b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff",
    "a Linux program": b"\x7fELF\x02\x01\x01\0",
    "a script": b"#!/bin/sh\nrm -rf /\n",
    "a ZIP archive or an Office document": b"PK\x03\x04\x14\0\0\0\x08\0",
    "an archive": b"\x1f\x8b\x08\0\0\0\0\0",
    "an unusual HEIF picture": b"\0\0\0\x18ftypmif1\0\0\0\0mif1jpeg",
    "a video": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
    "a TIFF picture": b"II*\0\x08\0\0\0",
    "a BMP picture": b"BM\x36\0\x0c\0\0\0\0\0",
    "an old Office document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "an SVG drawing": b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg">',
    "an HTML page": b"\xef\xbb\xbf <!DOCTYPE html><title>x</title>",
    "an XML document": b'<?xml version="1.0"?><feed>',
    "text": "10 kΩ, 1 %\r\n\tresistor".encode(),
    "data of an unknown kind": b"\0\x01\x02\x03",
}


class TestRecognise:
    @pytest.mark.parametrize("name", HEADS)
    def test_allowed_files(self, name: str) -> None:
        data, file_type = HEADS[name]
        assert recognise(data[:1024]) == file_type

    @pytest.mark.parametrize("name", OTHERS)
    def test_anything_else(self, name: str) -> None:
        assert recognise(OTHERS[name]) is FILE

    @pytest.mark.parametrize("name", OTHERS)
    def test_a_pdf_signature_inside_makes_no_pdf_of_something_else(self, name: str) -> None:
        # Bytes that are no text may stand before it, and what a proper head of a document cannot be told from.
        known = {"data of an unknown kind"}
        assert (recognise(OTHERS[name] + b"\n%PDF-1.4\n") is FILE) == (name not in known)

    def test_a_pdf_signature_further_back_is_not_seen(self) -> None:
        assert recognise(b"\n" * 1024 + pdf()) is FILE

    def test_a_picture_with_a_pdf_in_it_is_a_picture(self) -> None:
        assert recognise(picture(form="GIF") + pdf()) == GIF

    @given(st.binary(max_size=2048))
    def test_never_fails(self, head: bytes) -> None:
        assert recognise(head) in ALLOWED
        assert describe(head)


class TestDescribe:
    @pytest.mark.parametrize("name", OTHERS)
    def test_names_what_was_found(self, name: str) -> None:
        assert describe(OTHERS[name]) == name

    @pytest.mark.parametrize(
        "head",
        [b"<!---->" * 146, b"<?xml?>" + b"<!-- -->" * 127, b" " * 1024, b"<!--" * 256, b"<?xml " * 170, b"\0" * 1024],
        ids=["comments", "xml with comments", "spaces", "open comments", "open declarations", "zeros"],
    )
    def test_hostile_heads_take_no_time(self, head: bytes) -> None:
        started = time.process_time()
        describe(head)
        recognise(head)
        assert time.process_time() - started < 0.5


class TestLimits:
    @pytest.mark.parametrize("file_type", ALLOWED)
    def test_are_those_of_the_kind(self, file_type: FileType, settings: Settings) -> None:
        settings.MAX_IMAGE_BYTES, settings.MAX_PDF_BYTES, settings.MAX_FILE_BYTES = 1, 2, 3
        assert file_type.max_bytes == {PDF: 2, FILE: 3}.get(file_type, 1)


class TestAllowedTypes:
    def test_names_every_type_and_its_limit(self) -> None:
        assert allowed_types() == (
            "JPEG, PNG, GIF, WebP, AVIF and HEIC pictures up to 30 MB, PDF documents up to 100 MB, "
            "and any other file up to 500 MB"
        )

    def test_is_what_the_documentation_says(self) -> None:
        for page in ("docs/api.md", "docs/admin.md"):
            assert allowed_types() in " ".join(Path(page).read_text(encoding="utf-8").split())

    def test_names_what_is_blocked(self, settings: Settings) -> None:
        settings.BLOCKED_FILE_TYPES = ["exe", "bat"]
        assert allowed_types().endswith("and any other file up to 500 MB, except .exe and .bat")


class TestBlockedType:
    @pytest.fixture(autouse=True)
    def blocked(self, settings: Settings) -> None:
        settings.BLOCKED_FILE_TYPES = ["exe", "html", "zip", "gif", "tar.gz"]

    @pytest.mark.parametrize(
        ("head", "filename", "found"),
        [
            (b"MZ\x90", "firmware.bin", "exe"),
            (b"hello", "SETUP.EXE", "exe"),
            (b"hello", "setup.exe. ", "exe"),
            (b"<!doctype html>", "notes.txt", "html"),
            (picture(form="GIF"), "a.png", "gif"),
            (b"\x1f\x8b", "boards.tar.gz", "tar.gz"),
            (b"PK\x03\x04", "boards.zip", "zip"),
            # By its bytes an Office document is a ZIP, too.
            (b"PK\x03\x04", "parts.xlsx", None),
            (b"hello", "exe", None),
            (b"", "a.gz", None),
        ],
    )
    def test_is_told_by_name_and_by_bytes(self, head: bytes, filename: str, found: str | None) -> None:
        assert blocked_type(head, filename) == found
