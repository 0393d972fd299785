"""Opening strangers' pictures: only allowed formats, a pixel limit before decoding, two decodes at a time."""

import struct
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO

from PIL import ExifTags, Image, _imaging

from cas.errors import CannotShowError
from cas.media.colour_profiles import to_srgb
from cas.media.filetypes import ALLOWED, FileType

# What a thumbnail of a given original looks like. Whoever changes that, here or in the PDF renderer, counts one up:
# thumbnails made before are then no longer found.
RECIPE = 1

# glibc keeps freed memory for the thread that had it, in pieces of up to 32 MB. Pillow's blocks of 16 MB made a process
# keep a picture for each of its threads; larger ones go back to the system at once.
_imaging.set_block_size(64 * 1024 * 1024)
# A decoded picture takes hundreds of times the memory of its file: uploads and thumbnails share these two places.
decoding = threading.BoundedSemaphore(2)
# What brings a picture upright, by the orientation that its EXIF data tell.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class TooManyPixelsError(CannotShowError):
    """Decoding the picture would take too much memory."""

    code = "image_too_large"

    def __init__(self, width: int, height: int, file_type: FileType) -> None:
        limit = file_type.max_pixels / 1_000_000
        super().__init__(
            f"This {file_type.label} has {width:,} × {height:,} pixels; at most {limit:g} million are allowed."
        )


class DamagedImageError(CannotShowError):
    """The picture cannot be decoded to its end."""

    code = "image_damaged"

    def __init__(self) -> None:
        super().__init__("The picture is damaged or incomplete and cannot be shown.")


@contextmanager
def decoded(
    file: IO[bytes], *, draft: int | None = None, types: Mapping[str, FileType] | None = None
) -> Iterator[Image.Image]:
    """The first frame, fully decoded; `draft` lets a JPEG be decoded at a lower size, not below that many pixels.

    `types` are what the file may be, by Pillow's names; an allowed picture unless given.

    Raises TooManyPixelsError before any decoding, DamagedImageError when the bytes are no whole picture, or when the
    block fails at what they hold.
    """
    try:
        with decoding, warnings.catch_warnings():
            # Of damaged metadata, which do not matter, and of too many pixels, for which there is a limit below.
            warnings.simplefilter("ignore")
            with _opened(file, types or _allowed()) as image:
                if draft:
                    image.draft("RGB", (draft, draft))
                image.load()
                yield image
    except CannotShowError:
        raise
    # Pillow raises nearly anything on hostile bytes; MemoryError is not among the things to swallow.
    except (
        OSError,
        SyntaxError,
        ValueError,
        ArithmeticError,
        LookupError,
        TypeError,
        EOFError,
        RuntimeError,
        AttributeError,
        struct.error,
        Image.DecompressionBombError,
    ) as error:
        raise DamagedImageError from error


def _allowed() -> dict[str, FileType]:
    return {file_type.pillow_format: file_type for file_type in ALLOWED if file_type.pillow_format}


def _opened(file: IO[bytes], types: Mapping[str, FileType]) -> Image.Image:
    image = Image.open(file, formats=list(types))
    refuse_too_many_pixels(*image.size, types[image.format or ""])
    return image


def refuse_too_many_pixels(width: int, height: int, file_type: FileType) -> None:
    """Raise TooManyPixelsError for a picture above the limit of its type."""
    if width * height > file_type.max_pixels:
        raise TooManyPixelsError(width, height, file_type)


def verify(file: IO[bytes]) -> None:
    """Decode the picture and forget it. Raises as `decoded` does."""
    file.seek(0)
    with decoded(file):
        pass
    file.seek(0)


def dimensions(file: IO[bytes]) -> tuple[int, int]:
    """Width and height of a picture that `verify` has accepted. Nothing is decoded."""
    file.seek(0)
    with Image.open(file, formats=list(_allowed())) as image:
        size = image.size
    file.seek(0)
    return size


def thumbnail_jpeg(file: IO[bytes], size: int, output: IO[bytes]) -> None:
    """Write a JPEG that fits in a square of `size` pixels: upright, sRGB on white, no metadata, never enlarged."""
    with decoded(file, draft=size * 2) as image:
        # Not ImageOps.exif_transpose(): it writes the EXIF data anew, and fails at many a camera's.
        turn = _UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))
        profile = image.info.get("icc_profile")
        small = _smooth(image)
        small.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=3)
        small = to_srgb(small if turn is None else small.transpose(turn), profile)
    # Pillow would write the comment of the original into the thumbnail.
    small.info.clear()
    small.save(output, "JPEG", quality=85, optimize=True)


def _smooth(image: Image.Image) -> Image.Image:
    """A mode that can be shrunk by mixing pixels; of palettes and of a transparent colour Pillow leaves some out."""
    if image.mode.startswith("I"):
        # 16-bit grey: Pillow can neither shrink it, nor convert it without clipping it to white.
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in {"1", "P", "PA"} or "transparency" in image.info:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image
