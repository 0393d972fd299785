"""What a file is, told from its first bytes."""

import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from cas.media.filetypes import (
    ALLOWED,
    AVIF,
    GIF,
    JPEG,
    PDF,
    PNG,
    WEBP,
    FileType,
    allowed_types,
    describe,
    recognise,
)
from tests.plugins.files import pdf, picture

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
    "a PDF": (pdf(), PDF),
    "a PDF after a line of a mail": (b"Content-Type: application/pdf\r\n\r\n" + pdf(), PDF),
    "a PDF at the last place that is looked at": (b"\n" * (1024 - 5) + pdf(), PDF),
}
REFUSED = {
    "a Windows program": b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff",
    "a Linux program": b"\x7fELF\x02\x01\x01\0",
    "a script": b"#!/bin/sh\nrm -rf /\n",
    "a ZIP archive or an Office document": b"PK\x03\x04\x14\0\0\0\x08\0",
    "an archive": b"\x1f\x8b\x08\0\0\0\0\0",
    "a HEIC picture": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
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

    @pytest.mark.parametrize("name", REFUSED)
    def test_nothing_else(self, name: str) -> None:
        assert recognise(REFUSED[name]) is None

    @pytest.mark.parametrize("name", REFUSED)
    def test_a_pdf_signature_inside_makes_no_pdf_of_something_else(self, name: str) -> None:
        # Bytes that are no text may stand before it, and what a proper head of a document cannot be told from.
        known = {"data of an unknown kind"}
        assert (recognise(REFUSED[name] + b"\n%PDF-1.4\n") is None) == (name not in known)

    def test_a_pdf_signature_further_back_is_not_seen(self) -> None:
        assert recognise(b"\n" * 1024 + pdf()) is None

    def test_a_picture_with_a_pdf_in_it_is_a_picture(self) -> None:
        assert recognise(picture(form="GIF") + pdf()) == GIF

    @given(st.binary(max_size=2048))
    def test_never_fails(self, head: bytes) -> None:
        assert recognise(head) in {*ALLOWED, None}
        assert describe(head)


class TestDescribe:
    @pytest.mark.parametrize("name", REFUSED)
    def test_names_what_was_found(self, name: str) -> None:
        assert describe(REFUSED[name]) == name

    @pytest.mark.parametrize("brand", [b"heic", b"heix", b"hevc", b"mif1"])
    def test_every_brand_of_an_iphone(self, brand: bytes) -> None:
        assert describe(struct.pack(">I", 24) + b"ftyp" + brand + b"\0\0\0\0heic") == "a HEIC picture"

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
        settings.MAX_IMAGE_BYTES, settings.MAX_PDF_BYTES = 1, 2
        assert file_type.max_bytes == (2 if file_type is PDF else 1)

    def test_the_sentence_names_every_allowed_type(self) -> None:
        assert allowed_types() == "JPEG, PNG, GIF, WebP and AVIF pictures and PDF documents"
