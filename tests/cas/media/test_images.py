"""Strangers' pictures: decoded whole or refused, and made small."""

import struct
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from cas.errors import CannotShowError, DamagedImageError
from cas.media import images
from cas.media.filetypes import JPEG, FileType, recognise
from cas.media.images import TooManyPixelsError
from tests.plugins.files import heic, pdf, picture

pytestmark = pytest.mark.once

FORMS = ["JPEG", "PNG", "GIF", "WEBP", "AVIF"]
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)
ORIENTATION, MAKER = 0x0112, 0x010F


def saved(image: Image.Image, form: str = "PNG", **options: Any) -> BytesIO:
    output = BytesIO()
    image.save(output, form, **options)
    output.seek(0)
    return output


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """That of a screen whose red is blue and whose blue is red."""
    data = srgb_profile().replace("sRGB".encode("utf-16-be"), "none".encode("utf-16-be"))
    return data.replace(b"rXYZ", b"----").replace(b"bXYZ", b"rXYZ").replace(b"----", b"bXYZ")


def noise(size: tuple[int, int]) -> Image.Image:
    """A picture that does not compress, so that half of its file is half of it."""
    return Image.effect_noise(size, 100).convert("RGB")


def type_of(file: BytesIO) -> FileType:
    found = recognise(file.getvalue()[:1024])
    return found if found.kind == "image" else JPEG


def verify(file: BytesIO) -> tuple[int, int]:
    return images.verify(file, type_of(file))


def thumbnail_jpeg(file: BytesIO, size: int, output: BytesIO) -> None:
    images.thumbnail_jpeg(file, type_of(file), size, output)


def thumbnail(file: BytesIO, size: int = 150) -> Image.Image:
    output = BytesIO()
    thumbnail_jpeg(file, size, output)
    return Image.open(BytesIO(output.getvalue()), formats=["JPEG"])


def colour_at(image: Image.Image, x: float, y: float) -> tuple[int, ...]:
    pixel = image.convert("RGB").getpixel((int(image.width * x), int(image.height * y)))
    assert isinstance(pixel, tuple)
    return pixel


def is_nearly(pixel: tuple[int, ...], colour: tuple[int, ...], tolerance: int = 12) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(pixel, colour, strict=True))


class TestVerify:
    @pytest.mark.parametrize("form", FORMS)
    def test_passes_whole_pictures(self, form: str) -> None:
        file = BytesIO(picture(form=form))
        assert verify(file) == (320, 200)
        assert file.tell() == 0

    @pytest.mark.parametrize("form", FORMS)
    def test_refuses_half_a_picture(self, form: str) -> None:
        whole = saved(noise((200, 200)), form).getvalue()
        with pytest.raises(DamagedImageError):
            verify(BytesIO(whole[: len(whole) // 2]))

    @pytest.mark.parametrize("data", [b"", b"text", pdf(), b"\x89PNG\r\n\x1a\n", b"BM" + bytes(60)])
    def test_refuses_what_is_no_picture(self, data: bytes) -> None:
        with pytest.raises(DamagedImageError):
            verify(BytesIO(data))

    def test_refuses_formats_that_are_not_allowed(self) -> None:
        with pytest.raises(DamagedImageError):
            verify(saved(Image.new("RGB", (8, 8)), "TIFF"))

    @given(st.integers(0, 3000), st.binary(min_size=1, max_size=40), st.sampled_from(FORMS))
    def test_hostile_bytes_are_refused_and_nothing_else(self, at: int, damage: bytes, form: str) -> None:
        data = SAMPLES[form]
        at %= len(data)
        with suppress(CannotShowError):
            verify(BytesIO(data[:at] + damage + data[at + len(damage) :]))


SAMPLES = {form: saved(noise((60, 60)), form).getvalue() for form in FORMS}


class TestPixelLimit:
    def test_is_looked_at_before_decoding(self) -> None:
        huge = saved(Image.new("1", (13_000, 13_000)))
        assert len(huge.getvalue()) < 100_000
        with pytest.raises(TooManyPixelsError, match=r"13,000 × 13,000 pixels; at most 64 million"):
            verify(huge)

    def test_far_beyond_too(self) -> None:
        # Pillow itself gives up on these, with a warning or an error of its own.
        file = BytesIO(saved(Image.new("1", (8, 8))).getvalue().replace(b"\0\0\0\x08\0\0\0\x08", b"\0\1\0\0\0\1\0\0"))
        with pytest.raises(CannotShowError):
            verify(file)

    @override_settings(MAX_IMAGE_PIXELS=200 * 100)
    def test_the_limit_itself_is_allowed(self) -> None:
        verify(BytesIO(picture(size=(200, 100))))
        with pytest.raises(TooManyPixelsError):
            verify(BytesIO(picture(size=(201, 100))))

    @pytest.mark.parametrize(
        ("form", "allowed"), [("JPEG", 200), ("PNG", 200), ("GIF", 200), ("WEBP", 100), ("AVIF", 150)]
    )
    @override_settings(MAX_IMAGE_PIXELS=200 * 100)
    def test_is_lower_for_formats_that_take_more_memory(self, form: str, allowed: int) -> None:
        verify(BytesIO(picture(form=form, size=(allowed, 100))))
        with pytest.raises(TooManyPixelsError, match="picture has"):
            verify(BytesIO(picture(form=form, size=(allowed + 1, 100))))


class TestThumbnailSize:
    @pytest.mark.parametrize(
        ("original", "expected"),
        [((600, 300), (150, 75)), ((300, 600), (75, 150)), ((1000, 1000), (150, 150)), ((9000, 10), (150, 1))],
    )
    def test_fits_in_the_square(self, original: tuple[int, int], expected: tuple[int, int]) -> None:
        assert thumbnail(BytesIO(picture(size=original))).size == expected

    @pytest.mark.parametrize("original", [(1, 1), (40, 20), (150, 150)])
    def test_is_never_enlarged(self, original: tuple[int, int]) -> None:
        assert thumbnail(BytesIO(picture(size=original))).size == original


class TestThumbnailColours:
    def test_is_an_rgb_jpeg(self) -> None:
        image = thumbnail(BytesIO(picture("red", form="PNG")))
        assert (image.format, image.mode) == ("JPEG", "RGB")
        assert is_nearly(colour_at(image, 0.5, 0.5), (254, 0, 0))

    @pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
    @pytest.mark.parametrize("form", ["PNG", "WEBP", "AVIF"])
    def test_transparent_places_are_white(self, mode: str, form: str) -> None:
        image = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
        image.paste((0, 0, 0, 255), (0, 0, 50, 100))
        small = thumbnail(saved(image.convert(mode) if form == "PNG" and mode != "PA" else image, form))
        assert is_nearly(colour_at(small, 0.9, 0.5), WHITE)
        assert is_nearly(colour_at(small, 0.1, 0.5), (0, 0, 0))

    def test_half_transparent_places_are_paler(self) -> None:
        small = thumbnail(saved(Image.new("RGBA", (100, 100), (255, 0, 0, 128))))
        assert is_nearly(colour_at(small, 0.5, 0.5), (255, 127, 127))

    def test_a_transparent_colour_of_a_palette_is_white(self) -> None:
        image = Image.new("P", (100, 100), 0)
        image.putpalette([0, 0, 0, 255, 0, 0])
        image.paste(1, (0, 0, 50, 100))
        for form in ("PNG", "GIF"):
            small = thumbnail(saved(image, form, transparency=0))
            assert is_nearly(colour_at(small, 0.9, 0.5), WHITE)
            assert is_nearly(colour_at(small, 0.2, 0.5), (254, 0, 0))

    def test_a_transparent_colour_without_alpha_is_white(self) -> None:
        small = thumbnail(saved(Image.new("RGB", (100, 100), (0, 255, 0)), transparency=(0, 255, 0)))
        assert is_nearly(colour_at(small, 0.5, 0.5), WHITE)

    @pytest.mark.parametrize("size", [(100, 100), (2000, 1500)])
    def test_sixteen_bit_grey_keeps_its_tones(self, size: tuple[int, int]) -> None:
        image = Image.new("I;16", size, 128 * 256)
        assert is_nearly(colour_at(thumbnail(saved(image)), 0.5, 0.5), (128, 128, 128))

    @pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
    def test_of_another_colour_space_become_those_of_the_web(self, form: str) -> None:
        image = Image.new("RGB", (100, 100), (254, 0, 0))
        small = thumbnail(saved(image, form, icc_profile=swapped_profile()))
        assert is_nearly(colour_at(small, 0.5, 0.5), BLUE)

    def test_under_transparency_too(self) -> None:
        image = Image.new("RGBA", (100, 100), (255, 0, 0, 255))
        image.paste((0, 0, 0, 0), (0, 0, 50, 100))
        small = thumbnail(saved(image, icc_profile=swapped_profile()))
        assert is_nearly(colour_at(small, 0.1, 0.5), WHITE)
        assert is_nearly(colour_at(small, 0.9, 0.5), BLUE)

    def test_of_the_web_stay_as_they_are(self) -> None:
        image = noise((100, 100))
        plain, profiled = BytesIO(), BytesIO()
        thumbnail_jpeg(saved(image), 150, plain)
        thumbnail_jpeg(saved(image, icc_profile=srgb_profile()), 150, profiled)
        assert plain.getvalue() == profiled.getvalue()

    @pytest.mark.parametrize("profile", [b"rubbish", b"", srgb_profile()[:300], swapped_profile()[:-60]])
    def test_a_damaged_profile_does_not_matter(self, profile: bytes) -> None:
        image = Image.new("RGB", (100, 100), (254, 0, 0))
        assert thumbnail(saved(image, icc_profile=profile)).size == (100, 100)

    def test_a_profile_of_another_kind_of_picture_does_not_matter(self) -> None:
        image = Image.new("CMYK", (200, 200), (0, 255, 255, 0))
        assert colour_at(thumbnail(saved(image, "JPEG", icc_profile=swapped_profile())), 0.5, 0.5)[0] > 200

    def test_cmyk(self) -> None:
        image = Image.new("CMYK", (200, 200), (0, 255, 255, 0))
        red, green, blue = colour_at(thumbnail(saved(image, "JPEG")), 0.5, 0.5)
        assert red > 200
        assert green < 60
        assert blue < 60

    @pytest.mark.parametrize("mode", ["1", "L", "P"])
    def test_few_colours(self, mode: str) -> None:
        image = Image.new("RGB", (100, 100), "white").convert(mode)
        assert is_nearly(colour_at(thumbnail(saved(image)), 0.5, 0.5), WHITE)

    @pytest.mark.parametrize("form", ["GIF", "WEBP", "AVIF", "PNG"])
    def test_an_animation_shows_its_first_frame(self, form: str) -> None:
        frames = [Image.new("RGB", (100, 100), colour) for colour in ("red", "blue", "blue")]
        small = thumbnail(saved(frames[0], form, save_all=True, append_images=frames[1:]))
        assert is_nearly(colour_at(small, 0.5, 0.5), RED, tolerance=40)
        assert not hasattr(small, "n_frames") or small.n_frames == 1


class TestThumbnailDetails:
    @pytest.mark.parametrize("mode", ["1", "P", "L"])
    def test_thin_lines_become_grey_and_do_not_vanish(self, mode: str) -> None:
        # A scanned schematic: every tenth column black. Leaving pixels out would keep or lose whole lines.
        image = Image.new("L", (1500, 1500), 255)
        for x in range(0, 1500, 10):
            image.paste(0, (x, 0, x + 1, 1500))
        small = thumbnail(saved(image.convert(mode)))
        greys = small.convert("L").tobytes()
        assert min(greys) > 200
        assert max(greys) < 250

    def test_metadata_that_pillow_cannot_write_do_not_matter(self) -> None:
        # Two entries: the maker's name, said to be a fraction instead of a text, and a picture that lies on its side.
        entries = struct.pack(">HHII HHIHH", MAKER, 5, 1, 38, ORIENTATION, 3, 1, 6, 0)
        exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 2) + entries + struct.pack(">III", 0, 7, 3)
        assert thumbnail(saved(Image.new("RGB", (400, 200)), "JPEG", exif=exif)).size == (75, 150)


class TestThumbnailOrientation:
    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("form", ["JPEG", "PNG", "AVIF"])
    def test_is_upright(self, orientation: int, form: str) -> None:
        # Seen upright: red above blue, and a white stripe at the left edge.
        upright = Image.new("RGB", (400, 800), BLUE)
        upright.paste(RED, (0, 0, 400, 400))
        upright.paste(WHITE, (0, 0, 100, 800))
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        lying = upright.transpose(TURNED[orientation]) if orientation in TURNED else upright
        small = thumbnail(saved(lying, form, exif=exif), 300)
        assert small.size == (150, 300)
        assert is_nearly(colour_at(small, 0.7, 0.2), (254, 0, 0), 20)
        assert is_nearly(colour_at(small, 0.7, 0.8), (0, 0, 254), 20)
        assert is_nearly(colour_at(small, 0.1, 0.5), WHITE, 20)


# How a camera stores an upright picture under each orientation: the inverse of what a viewer does.
TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


class TestThumbnailMetadata:
    @pytest.mark.parametrize("form", FORMS)
    def test_has_none(self, form: str) -> None:
        exif = Image.Exif()
        exif[MAKER] = "SECRET"
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        options: dict[str, Any] = {"exif": exif, "icc_profile": profile, "comment": b"SECRET", "dpi": (300, 300)}
        file = saved(Image.new("RGB", (300, 200)), form, xmp=b"<x:xmpmeta>SECRET</x:xmpmeta>", **options)
        output = BytesIO()
        thumbnail_jpeg(file, 150, output)
        assert b"SECRET" not in output.getvalue()
        info = Image.open(output).info
        assert set(info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert info["jfif_unit"] == 0

    def test_that_of_a_gif_neither(self) -> None:
        output = BytesIO()
        thumbnail_jpeg(saved(Image.new("P", (30, 20)), "GIF", comment=b"SECRET"), 150, output)
        assert b"SECRET" not in output.getvalue()


class TestHeic:
    def test_is_upright_and_in_its_colours(self) -> None:
        output = BytesIO()
        assert verify(BytesIO(heic())) == (240, 320)
        thumbnail_jpeg(BytesIO(heic()), 150, output)
        small = Image.open(output).convert("RGB")
        assert small.size == (112, 150)
        corners = [small.getpixel((x, y)) for x, y in ((100, 10), (10, 140), (10, 10))]
        for (red, green, blue), expected in zip(corners, ["blue", "yellow", "red"], strict=True):  # type: ignore[misc]
            assert {"blue": blue > 150 > red, "yellow": min(red, green) > 180 > blue, "red": red > 150 > blue}[expected]

    @pytest.mark.parametrize("data", [heic()[:-150], heic()[:200], heic()[:32]], ids=["pixels", "boxes", "head"])
    def test_of_which_something_is_missing_is_refused(self, data: bytes) -> None:
        with pytest.raises(DamagedImageError):
            verify(BytesIO(data))

    def test_of_too_many_pixels_is_refused(self) -> None:
        with override_settings(MAX_IMAGE_PIXELS=90_000), pytest.raises(TooManyPixelsError, match="This HEIC picture"):
            verify(BytesIO(heic()))
