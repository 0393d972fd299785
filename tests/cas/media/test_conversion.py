"""Pictures in formats that are not kept, made into PNG."""

import contextlib
import struct
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from cas.errors import CannotShowError, DamagedImageError
from cas.media.conversion import convert_to_png, is_convertible
from cas.media.images import TooManyPixelsError


def drawn(form: str, size: tuple[int, int] = (32, 32), mode: str = "RGB", **options: Any) -> bytes:
    output = BytesIO()
    Image.new(mode, size, "red").save(output, form, **options)
    return output.getvalue()


def icon(*pictures: bytes, count: int | None = None) -> bytes:
    """An icon whose directory says 32 × 32 of each."""
    offset = 6 + 16 * len(pictures)
    directory = b""
    for picture in pictures:
        directory += b"\x20\x20\0\0\1\0\x20\0" + struct.pack("<II", len(picture), offset)
        offset += len(picture)
    return b"\0\0\1\0" + struct.pack("<H", len(pictures) if count is None else count) + directory + b"".join(pictures)


def converted(data: bytes) -> Image.Image:
    output = BytesIO()
    convert_to_png(BytesIO(data), output)
    image = Image.open(output)
    assert image.format == "PNG"
    return image.convert("RGBA")


class TestConvert:
    @pytest.mark.parametrize(
        ("form", "mode"),
        [("BMP", "1"), ("BMP", "L"), ("BMP", "P"), ("BMP", "RGB"), ("TIFF", "RGB"), ("TIFF", "CMYK"), ("TIFF", "I;16")],
    )
    def test_keeps_the_size(self, form: str, mode: str) -> None:
        data = drawn(form, mode=mode) if mode != "I;16" else drawn(form, mode="L")
        assert is_convertible(data)
        assert converted(data).size == (32, 32)

    def test_keeps_the_colours(self) -> None:
        assert converted(drawn("BMP")).getpixel((5, 5)) == (255, 0, 0, 255)

    def test_keeps_what_is_transparent(self) -> None:
        output = BytesIO()
        Image.new("RGBA", (32, 32), (0, 0, 0, 0)).save(output, "ICO", bitmap_format="bmp")
        assert converted(output.getvalue()).getpixel((5, 5)) == (0, 0, 0, 0)

    def test_takes_the_largest_of_an_icon(self) -> None:
        data = drawn("ICO", (64, 64), sizes=[(16, 16), (64, 64), (32, 32)])
        assert is_convertible(data)
        assert converted(data).size == (64, 64)

    @pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "PPM", "PCX", "TGA"])
    def test_is_for_those_formats_only(self, form: str) -> None:
        with pytest.raises(DamagedImageError):
            converted(drawn(form))


class TestPixels:
    @pytest.mark.parametrize("form", ["BMP", "TIFF"])
    def test_are_limited(self, settings: Any, form: str) -> None:
        settings.MAX_IMAGE_PIXELS = 1000
        with pytest.raises(TooManyPixelsError):
            converted(drawn(form))

    @pytest.mark.parametrize("small", [b"", drawn("PNG")])
    def test_of_an_icon_are_counted_before_it_is_opened(self, settings: Any, small: bytes) -> None:
        settings.MAX_IMAGE_PIXELS = 8000
        bitmap = struct.pack("<IiiHH", 40, 99, 198, 1, 32) + bytes(99 * 99 * 5)
        for large in (drawn("PNG", (99, 99)), bitmap):
            with pytest.raises(TooManyPixelsError, match="This icon has 99 × 99 pixels"):
                converted(icon(*filter(None, [small, large])))


class TestDamaged:
    @pytest.mark.parametrize(
        "data",
        [
            *(b"", b"BM", b"II*\0", b"\0\0\1\0", icon(), icon(count=65_535), icon(drawn("PNG"), count=64)),
            *(icon(drawn("PNG"))[:60], icon(b"\0" * 40), drawn("BMP")[:500], drawn("TIFF")[:500]),
        ],
        ids=range(11),
    )
    def test_is_refused(self, data: bytes) -> None:
        with pytest.raises(CannotShowError):
            converted(data)

    @given(st.sampled_from([b"BM", b"II*\0", b"MM\0*", b"\0\0\1\0\1\0", drawn("BMP")[:60]]), st.binary(max_size=300))
    def test_by_chance_is_refused_or_shown(self, head: bytes, rest: bytes) -> None:
        with contextlib.suppress(CannotShowError):
            converted(head + rest)
