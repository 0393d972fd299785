"""Thumbnails of PDF documents: the first page, made by a child process, or an icon."""

import os
import time
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from cas.media import processes
from cas.media.pdf import NotRenderableError, RenderLimitError, first_page_jpeg
from cas.signing import thumbnail_url
from tests.plugins.faults import Faults
from tests.plugins.files import pdf

pytestmark = pytest.mark.once

Keep = Callable[[bytes], str]

BROKEN = b"%PDF-1.4\nno document at all"


def get(address: str) -> Any:
    """The answer, read to its end into `body`."""
    response: Any = Client().get(address)
    response.body = response.getvalue() if response.streaming else response.content
    return response


def assert_is_icon(response: Any) -> None:
    assert response.status_code == 200
    assert response["Content-Type"] == "image/svg+xml"
    assert b"<svg" in response.body
    assert response["Cache-Control"] == "public, max-age=300"
    assert "ETag" not in response
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"


class TestFirstPage:
    @pytest.mark.parametrize("size", [150, 500])
    def test_is_a_jpeg_that_fits_in_the_square(self, keep: Keep, size: int) -> None:
        digest = keep(pdf("A datasheet"))
        response = get(thumbnail_url(digest, size))
        image = Image.open(BytesIO(response.body), formats=["JPEG"])
        assert image.height == size
        assert image.width == pytest.approx(size * 612 / 792, abs=1)
        assert response["ETag"] == f'"{digest}-{size}"'
        assert response["Cache-Control"] == "public, max-age=31536000, immutable"

    def test_is_black_on_white(self, keep: Keep) -> None:
        image = Image.open(BytesIO(get(thumbnail_url(keep(pdf("WWWWWW")), 1000)).body)).convert("L")
        assert image.getpixel((5, 5)) == 255
        assert min(image.tobytes()) < 100

    def test_of_a_document_after_a_mail_header(self, keep: Keep) -> None:
        response = get(thumbnail_url(keep(b"Content-Type: application/pdf\r\n\r\n" + pdf()), 150))
        assert response["Content-Type"] == "image/jpeg"


class TestIcon:
    @pytest.mark.parametrize(
        "data", [BROKEN, pdf()[:60], pdf().replace(b"/Count 1", b"/Count 0").replace(b"3 0 R]", b"]")]
    )
    def test_stands_for_what_cannot_be_rendered(self, keep: Keep, data: bytes) -> None:
        assert_is_icon(get(thumbnail_url(keep(data), 150)))

    def test_a_failure_is_remembered(self, keep: Keep, faults: Faults) -> None:
        digest = keep(BROKEN)
        for size in (150, 150, 500):
            assert_is_icon(get(thumbnail_url(digest, size)))
        assert faults.count("open_range") == 1

    def test_another_renderer_may_try_again(self, keep: Keep, faults: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
        address = thumbnail_url(keep(BROKEN), 150)
        assert_is_icon(get(address))
        monkeypatch.setattr("cas.media.thumbnails._RENDERER", "a later one")
        assert_is_icon(get(address))
        assert faults.count("open_range") == 2

    def test_a_document_that_took_too_long_has_another_chance(
        self, keep: Keep, faults: Faults, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(processes, "CPU_SECONDS", 1)
        url = thumbnail_url(keep(nested_forms()), 150)
        for _ in range(2):
            assert_is_icon(get(url))
        assert faults.count("open_range") == 1
        hours_ago = time.time() - 2 * 3600
        for note in (settings.DATA_DIR / "thumbnails").glob("*.failed"):
            os.utime(note, (hours_ago, hours_ago))
        assert_is_icon(get(url))
        assert faults.count("open_range") == 2

    def test_a_broken_document_has_not(self, keep: Keep, faults: Faults) -> None:
        address = thumbnail_url(keep(BROKEN), 150)
        assert_is_icon(get(address))
        hours_ago = time.time() - 1000 * 3600
        for note in (settings.DATA_DIR / "thumbnails").glob("*.failed"):
            os.utime(note, (hours_ago, hours_ago))
        assert_is_icon(get(address))
        assert faults.count("open_range") == 1


def with_content(*streams: tuple[bytes, bytes]) -> bytes:
    """A document whose page is drawn by the first of these streams; the others are numbered from 5."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>",
    ]
    for data, entries in streams:
        packed = zlib.compress(data, 9)
        head = b"<<%s/Filter/FlateDecode/Length %d>>" % (entries, len(packed))
        objects.append(head + b"stream\n" + packed + b"\nendstream")
    return (
        b"%PDF-1.4\n"
        + b"".join(b"%d 0 obj%s endobj\n" % pair for pair in enumerate(objects, 1))
        + b"trailer<</Root 1 0 R>>\n%%EOF"
    )


def nested_forms() -> bytes:
    """Ten drawings that each draw the next one ten times: ten thousand million rectangles in two kilobytes."""
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]/Resources<</XObject<</F %d 0 R>>>>"
    inner = [(b"/F Do " * 10, form % (number + 1)) for number in range(5, 15)]
    return with_content((b"/F Do " * 10, b""), *inner, (b"0 0 600 700 re f", form % 15))


class TestBomb:
    """A small document that asks for more than there is: the icon, and a server that goes on."""

    def test_of_a_content_stream_that_unfolds_in_memory(self, keep: Keep) -> None:
        bomb = with_content((b"0 0 600 700 re f\n" * 12_000_000, b""))
        assert len(bomb) < 1_000_000
        assert_is_icon(get(thumbnail_url(keep(bomb), 150)))
        assert get(thumbnail_url(keep(pdf()), 150))["Content-Type"] == "image/jpeg"

    def test_of_drawings_within_drawings(self, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(processes, "CPU_SECONDS", 1)
        assert_is_icon(get(thumbnail_url(keep(nested_forms()), 150)))


class TestRenderer:
    def test_says_why_in_the_log(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        with pytest.raises(NotRenderableError):
            first_page_jpeg(BytesIO(BROKEN), 150, BytesIO())
        events: list[Any] = [record.msg for record in caplog.records]
        assert events[-1]["event"] == "file_not_opened"
        assert events[-1]["reason"]

    def test_is_stopped_when_it_takes_too_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(processes, "CPU_SECONDS", 1)
        with pytest.raises(RenderLimitError):
            first_page_jpeg(BytesIO(nested_forms()), 150, BytesIO())
