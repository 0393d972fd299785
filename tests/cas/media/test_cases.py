"""Files that people met: what must open opens as a whole, and what has lost pixels stays refused."""

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from cas.media.filetypes import FILE, PDF, recognise
from cas.media.sandbox import judge
from cas.media.sandbox.errors import DamagedError, TooCostlyError
from parts.models import Part
from tests.cas.media.samples import (
    FIELDS,
    app1,
    chunk,
    fields,
    header,
    jpeg_with,
    oriented,
    packed,
    png,
    saved,
    segment,
)
from tests.conftest import ApiClient
from tests.plugins.files import pdf

# A file is judged before a database or a store has anything of it.
pytestmark = pytest.mark.once

LIMIT = 64_000_000
ROWS = packed([(8, colour) for colour in FIELDS])


def photo(**options: Any) -> bytes:
    """A JPEG that does not compress, so that each byte is a part of the picture."""
    return saved(Image.effect_noise((200, 150), 60), "JPEG", **options)


def phone_picture() -> bytes:
    """A JPEG with a second, smaller one behind it, as telephones write them (CIPA DC-007)."""
    first, second = saved(fields(), "JPEG"), saved(fields().resize((48, 32)), "JPEG")
    entries = struct.pack(">IIIHH", 0x030000, len(first) + 90, 0, 0, 0) + struct.pack(">IIIHH", 0, len(second), 0, 0, 0)
    index = (
        b"MPF\0MM\0*\0\0\0\x08\0\x03"
        + struct.pack(">HHI4s", 0xB000, 7, 4, b"0100")
        + struct.pack(">HHII", 0xB001, 4, 1, 2)
        + struct.pack(">HHII", 0xB002, 7, 32, 50)
        + bytes(4)
        + entries
    )
    return jpeg_with(segment(0xE2, index), data=first) + second


def lossless() -> bytes:
    """A grey square: each sample differs by nothing from its neighbour, which takes one bit (ITU T.81, annex H)."""
    size = 100
    frame = struct.pack(">BHHB", 8, size, size, 3) + b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3))
    one_code = bytes([0, 1, *bytes(15), 0])
    scan = segment(0xDA, bytes([3, 1, 0, 2, 0, 3, 0, 1, 0, 0])) + bytes(size * size * 3 // 8)
    return b"\xff\xd8" + segment(0xC3, frame) + segment(0xC4, one_code) + scan + b"\xff\xd9"


def with_brand(major: bytes, *compatible: bytes) -> bytes:
    data = saved(fields(), "AVIF")
    length = int.from_bytes(data[:4], "big")
    # As long as before: other boxes point into the file.
    brands = (b"".join(compatible) + b"miaf" * length)[: length - 16]
    return data[:8] + major + bytes(4) + brands + data[length:]


def torn_exif() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    data = saved(fields(), "AVIF", exif=exif)
    order = b"MM\0*" if b"MM\0*" in data else b"II*\0"
    return data.replace(order, b"no! ")


def opening() -> Iterator[tuple[str, bytes]]:
    yield "a phone's JPEG with a second picture", phone_picture()
    yield "a phone's JPEG whose second picture is gone", phone_picture()[: len(saved(fields(), "JPEG")) + 120]
    yield "a JPEG with text for EXIF", jpeg_with(app1(b"no tiff at all; by a cheap camera"))
    yield "a JPEG with zeros for EXIF", jpeg_with(app1(bytes(64)))
    yield "a JPEG whose EXIF points nowhere", jpeg_with(app1(b"II*\0\xff\xff\xff\xff"))
    yield "a JPEG with EXIF that points at itself", jpeg_with(app1(oriented(6, following=8)))
    yield "a JPEG with a torn profile", jpeg_with(segment(0xE2, b"ICC_PROFILE\0\1\3" + bytes(40)))
    yield (
        "a JPEG with a torn Photoshop block",
        jpeg_with(segment(0xED, b"Photoshop 3.0\x008BIM\4\4\0\0\xff\xff\xff\xff")),
    )
    yield "a JPEG with a torn JFIF header", jpeg_with(segment(0xE0, b"JFIF\0"))
    yield "a JPEG with bytes between its segments", jpeg_with(b"\0\0\0")
    yield "a JPEG without its end", photo()[:-2]
    yield "a JPEG with half of its end", photo()[:-1]
    yield "a progressive JPEG without its end", photo(progressive=True)[:-2]
    yield "a JPEG with something behind its end", photo() + b"\0" * 5000
    yield "a lossless JPEG", lossless()
    text = chunk(b"zTXt", b"drawing\0\0" + zlib.compress(b"<mxfile>" * 200_000))
    yield "a PNG with a megabyte of text", png(text)
    yield "a PNG with a wrong CRC in its text", png(chunk(b"tEXt", b"Title\0x", crc=1))
    yield "a PNG with a wrong length in its text", png(chunk(b"tEXt", b"Title\0a longer text", length=3))
    yield "a PNG with a length beyond its end", png(chunk(b"tEXt", b"Title\0x", length=2**31 - 1))
    yield "a PNG with zeros for EXIF", png(chunk(b"eXIf", bytes(20)))
    yield "a PNG with a profile that does not unpack", png(chunk(b"iCCP", b"x\0\0rubbish"))
    yield "a PNG with torn physical pixels", png(chunk(b"pHYs", b"\0"), chunk(b"gAMA", b"\1"), chunk(b"cHRM", b"\2"))
    yield "a PNG without its end", png()[:-12]
    yield "a PNG with a wrong CRC at its end", png()[:-1] + b"\0"
    yield "a PNG with text behind its pixels, wrong CRC", png(after=chunk(b"tEXt", b"Title\0x", crc=1))
    yield (
        "a PNG in many pieces",
        b"".join(
            [b"\x89PNG\r\n\x1a\n", header(), *(chunk(b"IDAT", ROWS[at : at + 7]) for at in range(0, len(ROWS), 7))]
        ),
    )
    yield "a WebP with torn EXIF", saved(fields(), "WEBP", exif=b"II*\0\xff\xff\xff\xff")
    yield "a WebP with metadata that are cut off", saved(fields(), "WEBP", xmp=b"x" * 500)[:-300]
    yield "a GIF without its end", saved(fields(), "GIF")[:-1]
    yield "a GIF with a comment without end", saved(fields(), "GIF", comment=b"x" * 200)
    for major in (b"miaf", b"mif1", b"MA1B", b"avio", b"heic"):
        yield f"an AVIF that calls itself {major.decode()}", with_brand(major, b"avif")
    yield "an AVIF that has no other brand", with_brand(b"avif")
    yield "an AVIF with torn EXIF", torn_exif()


def broken() -> Iterator[tuple[str, str, bytes]]:
    whole, progressive = photo(), photo(progressive=True)
    for percent in (5, 30, 60, 90, 95):
        yield f"a JPEG of {percent} %", "JPEG", whole[: len(whole) * percent // 100]
        yield f"a progressive JPEG of {percent} %", "JPEG", progressive[: len(progressive) * percent // 100]
        yield f"a PNG of {percent} % of its pixels", "PNG", png(pixels=ROWS[: len(ROWS) * percent // 100])
    yield "a JPEG without its last ten bytes", "JPEG", whole[:-10]
    yield "a progressive JPEG without its last scan", "JPEG", progressive[: progressive.rindex(b"\xff\xda")]
    yield "a JPEG without a scan", "JPEG", whole[: whole.index(b"\xff\xda")]
    yield "a phone's JPEG that is cut in its first picture", "JPEG", phone_picture()[:700]
    yield "a lossless JPEG of 60 %", "JPEG", lossless()[: len(lossless()) * 60 // 100]
    damaged = bytearray(png())
    damaged[damaged.index(b"IDAT") + 20] ^= 0x55
    yield "a PNG with a wrong CRC in its pixels", "PNG", bytes(damaged)
    yield "a PNG with a wrong CRC in its header", "PNG", png(head=header()[:-1] + b"\0")
    yield "a PNG without pixels", "PNG", b"\x89PNG\r\n\x1a\n" + header() + chunk(b"IEND", b"")
    for kind in ("GIF", "WEBP", "AVIF"):
        data = saved(Image.effect_noise((200, 150), 60).convert("RGB"), kind)
        yield f"half a {kind}", kind, data[: len(data) // 2]


OPENING, BROKEN = list(opening()), list(broken())


def upload(api: ApiClient, data: bytes, name: str = "file") -> Any:
    part = Part.objects.create(description="A part")
    return api.upload(part.attachment_set.pk, SimpleUploadedFile(name, data))


def fetched(api: ApiClient, url: str) -> Any:
    response = api.get(url)
    assert response.status_code == 200, url
    return response.getvalue() if response.streaming else response.content


@pytest.mark.django_db
class TestOpens:
    @pytest.mark.parametrize(("name", "data"), OPENING, ids=[name for name, _ in OPENING])
    def test_as_a_whole(self, api: ApiClient, name: str, data: bytes) -> None:
        response = upload(api, data)
        assert response.status_code == 201, response.json()
        found = response.json()
        assert fetched(api, found["attachment_url"]) == data
        for url in (found["thumbnail_url"], found["preview_url"]):
            assert fetched(api, url).startswith(b"\xff\xd8")
        owner = Part.objects.get(attachment_set=found["attachment_set_id"])
        assert owner.attachment_set.cover_attachment_id == found["id"]

    @pytest.mark.once
    @pytest.mark.parametrize(("name", "kind", "data"), BROKEN, ids=[name for name, *_ in BROKEN])
    def test_with_all_of_its_pixels_only(self, name: str, kind: str, data: bytes) -> None:
        with pytest.raises(DamagedError):
            judge.decode(data, kind, LIMIT)

    def test_a_refused_one_is_told_why(self, api: ApiClient) -> None:
        response = upload(api, photo()[:2000])
        assert (response.status_code, response.json()["details"]["code"]) == (400, "image_refused")


class TestScans:
    """A JPEG whose last scan is repeated costs as much as all of them."""

    def bomb(self, size: tuple[int, int], scans: int) -> bytes:
        data = saved(Image.new("L", size, 128), "JPEG", progressive=True)
        at = data.rindex(b"\xff\xda")
        return data[:at] + data[at:-2] * scans + data[-2:]

    def test_without_end_are_not_even_decoded(self) -> None:
        with pytest.raises(TooCostlyError):
            judge.decode(self.bomb((1000, 1000), 20_000), "JPEG", LIMIT)

    def test_a_few_too_many_are_fine(self) -> None:
        assert judge.decode(self.bomb((100, 100), 300), "JPEG", LIMIT).size == (100, 100)

    @pytest.mark.django_db
    def test_are_refused_with_a_sentence_of_their_own(self, api: ApiClient) -> None:
        response = upload(api, self.bomb((1000, 1000), 20_000))
        assert response.status_code == 400
        assert response.json()["details"]["code"] == "decoding_limit"
        assert "more time or memory" in response.json()["error"]


class TestScale:
    """A JPEG is judged at an eighth of its size, and without its colours: that sees the same as a full decode."""

    def verdicts(self, data: bytes) -> set[bool]:
        found = set()
        for at_least in (0, 1, 10_000):
            try:
                judge.decode(data, "JPEG", LIMIT, at_least=at_least)
                found.add(True)
            except DamagedError:
                found.add(False)
        return found

    @pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 4}, {"subsampling": 2}])
    def test_sees_the_same(self, options: dict[str, Any]) -> None:
        data = saved(Image.effect_noise((160, 120), 60).convert("RGB"), "JPEG", **options)
        start = data.index(b"\xff\xda")
        places = range(start, len(data) - 60, max(1, (len(data) - start) // 25))
        for place in places:
            for damaged in (
                data[:place],
                data[:place] + bytes(50) + data[place + 50 :],
                data[:place] + data[place + 30 : place + 60] + data[place : place + 30] + data[place + 60 :],
                data[:place] + b"\xff\xd5" + data[place + 2 :],
                data[:place] + data[place + 40 :],
            ):
                assert len(self.verdicts(damaged)) == 1, place

    @pytest.mark.parametrize("factors", [(0x11, 0x21), (0x31, 0x21), (0x12, 0x11), (0x21, 0x12), (0x22, 0x10)])
    def test_sees_samples_that_cannot_be_enlarged(self, factors: tuple[int, int]) -> None:
        data = bytearray(saved(Image.effect_noise((160, 120), 60).convert("RGB"), "JPEG", subsampling=0))
        frame = data.index(b"\xff\xc0")
        data[frame + 11], data[frame + 14] = factors
        assert len(self.verdicts(bytes(data))) == 1


def before(*lines: bytes) -> bytes:
    return b"\r\n".join([*lines, pdf()])


HEADS = {
    "a line of XML": before(b"<?xml version='1.0'?>"),
    "a mail": before(b"Received: from a", b"\tby b", b"Content-Type: application/pdf", b""),
    "a part of a mail": before(b"This is a multi-part message in MIME format.", b"--=_b1", b"Content-ID: 1", b""),
    "an answer of a server": before(b"HTTP/1.1 200 OK", b"Server: nginx", b"X-Powered-By: PHP/5.3", b"", b"1f40"),
    "a printer's job": before(b"\x1b%-12345X@PJL JOB", b"@PJL ENTER LANGUAGE=PDF"),
    "a warning of PHP": before(b"<br />", b"<b>Warning</b>:  Undefined index in <b>/a.php</b> on line <b>3</b><br />"),
    "a notice of PHP without HTML": before(b"PHP Notice:  Undefined index: a in /a.php on line 3"),
    "a byte order mark": b"\xef\xbb\xbf" + pdf(),
    "bytes that are no text": before(b"\0\1\2"),
}
NOT_HEADS = {
    "a batch file": before(b"@echo off", b"del /q *"),
    "a note": before(b"See below for the data sheet."),
    "a script": before(b"#!/bin/sh", b"exit"),
    "a page": before(b"<html><script>alert(1)</script>"),
    "a warning with a script": before(b"<b>Warning</b>: <script>alert(1)</script>"),
    "a program in Python": before(b"import os"),
    "an XML document": before(b"<?xml version='1.0'?>", b"<feed>"),
    "a mail with a text": before(b"Subject: x", b"", b"Dear all, the data sheet:"),
}


class TestHeadsOfDocuments:
    @pytest.mark.parametrize("name", HEADS)
    def test_what_others_leave_before_a_document(self, name: str) -> None:
        assert recognise(HEADS[name][:1024]) is PDF

    @pytest.mark.parametrize("name", NOT_HEADS)
    def test_other_text_is_what_the_file_is(self, name: str) -> None:
        assert recognise(NOT_HEADS[name][:1024]) is FILE
