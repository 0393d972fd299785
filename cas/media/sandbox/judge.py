"""Whether a picture's pixels are all there. Uploads and thumbnails ask this one function.

Only missing or undecodable pixels refuse a picture; what stands beside them (EXIF, profiles, text, a second picture)
never does.
"""

import hashlib
import struct
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from mmap import mmap
from typing import IO, Any

import pi_heif
from PIL import AvifImagePlugin, Image, _imaging

from cas.media.sandbox import avif, jpeg, png, webp
from cas.media.sandbox.errors import DamagedError, TooManyPixelsError
from cas.media.sandbox.exif import orientation_of
from cas.media.sandbox.profiles import SRGB_CURVE, profile_of_codes

# glibc keeps freed memory in pieces of up to 32 MB; larger blocks than Pillow's 16 MB go back to the system at once.
_imaging.set_block_size(64 * 1024 * 1024)
# The limit is each type's own, and is looked at before anything is decoded.
Image.MAX_IMAGE_PIXELS = None
# Each thread takes address space, which is limited; the other processors are for others.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
# Of a HEIC only the picture is read, not the small ones and the depths that telephones put beside it.
pi_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)
# Pillow raises nearly anything on hostile bytes; MemoryError is not among the things to swallow.
PILLOW_ERRORS = (
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
)
# Bytes that a decoder of pixels takes for pixels, and takes differently.
_TAILS = (bytes(64), hashlib.sha512(b"tail").digest().replace(b"\xff", b"\x5a"))


@dataclass
class Picture:
    """A decoded picture, not yet upright, in the colours of its profile. `size` is that of the file's pixels."""

    image: Image.Image
    size: tuple[int, int]
    orientation: int = 1
    profile: bytes | None = None


@dataclass
class _Source:
    """What a decoder gets of a file, and what was read beside."""

    file: IO[bytes]
    orientation: int = 1
    profile: bytes | None = None
    transparent: int | None = None
    rescue: Callable[[], bytes] | None = None
    # In which colours it is decoded at a lower scale; None when it has to be decoded as it is.
    mode: str | None = None


def decode(data: bytes | mmap, kind: str, max_pixels: int, *, at_least: int = 0) -> Picture:
    """The first frame, all of whose data were read. `kind` is Pillow's name of the only format that it may have.

    A JPEG is decoded at the lowest scale of which both sides have `at_least` so many pixels, and without its colours
    where nobody wants any: that reads the same data. Raises DamagedError, TooManyPixelsError, TooCostlyError.
    """
    with warnings.catch_warnings():
        # Of damaged metadata, which do not matter, and of too many pixels, for which there is a limit here.
        warnings.simplefilter("ignore")
        try:
            source = _source(data, kind, max_pixels, at_least)
            try:
                return _decoded(source, kind, max_pixels, at_least)
            except OSError:
                if source.rescue is None:
                    raise
                source.file = BytesIO(source.rescue())
                return _decoded(source, kind, max_pixels, at_least)
        except PILLOW_ERRORS as error:
            raise DamagedError(f"{type(error).__name__}: {error}") from error


def refuse_too_many_pixels(size: tuple[int, int], kind: str, max_pixels: int) -> None:
    """Raises TooManyPixelsError."""
    if size[0] * size[1] > max_pixels:
        raise TooManyPixelsError(*size, kind)


def _source(data: bytes | mmap, kind: str, max_pixels: int, at_least: int) -> _Source:
    if kind == "JPEG":
        found = jpeg.read(data)
        refuse_too_many_pixels((found.width, found.height), kind, max_pixels)
        return _Source(
            found.open(),
            found.orientation,
            found.profile,
            rescue=lambda: _without_end_marker(found),
            mode=_mode_of(found, at_least),
        )
    if kind == "PNG":
        picture = png.read(data)
        refuse_too_many_pixels((picture.width, picture.height), kind, max_pixels)
        return _Source(BytesIO(picture.data), picture.orientation, picture.profile, picture.transparent)
    if kind == "WEBP":
        frame = webp.read(data)
        refuse_too_many_pixels(frame.canvas, kind, max_pixels)
        return _Source(BytesIO(frame.data), profile=frame.profile)
    if kind == "AVIF":
        still = avif.read(data)
        return _Source(BytesIO(still.data), profile=still.profile)
    if kind == "HEIF":
        # The plugin goes by the major brand; HEIC may stand among the compatible ones.
        return _Source(BytesIO(data[:8] + b"heic" + data[12:]))
    return _Source(BytesIO(data))


def _decoded(source: _Source, kind: str, max_pixels: int, at_least: int) -> Picture:
    image: Image.Image = Image.open(source.file, formats=[kind])
    size = image.size
    refuse_too_many_pixels(size, kind, max_pixels)
    if source.mode is not None:
        image.draft(source.mode, (max(at_least, 1), max(at_least, 1)))
    extent = getattr(image, "dispose_extent", None)
    image.load()
    if kind == "GIF":
        image = _on_canvas(image, extent)
    orientation, profile = source.orientation, source.profile
    if kind == "AVIF":
        # What Pillow makes of `irot` and `imir`: it did not see the file's own EXIF data. (getexif() heeds XMP, too.)
        orientation = orientation_of(image.info.get("exif", b"").removeprefix(b"Exif\0\0"))
        profile = image.info.get("icc_profile") or profile
    if kind == "HEIF":
        # What the box said of the size was looked at; the pixels may say something else.
        refuse_too_many_pixels(image.size, kind, max_pixels)
        size, profile = image.size, image.info.get("icc_profile") or _heic_profile(image.info)
    if kind == "PNG" and source.transparent is not None:
        # Pillow has scaled the greys, and not this one.
        image.info["transparency"] = source.transparent
    return Picture(image, size, orientation, profile)


def _mode_of(found: jpeg.Jpeg, at_least: int) -> str | None:
    if found.is_lossless:
        # It has no scales, and no colours apart from its brightness.
        return None
    return "L" if at_least == 0 and found.may_be_grey() else "RGB"


def _heic_profile(info: Mapping[Any, Any]) -> bytes | None:
    """The profile for the codes of its colours, which a HEIC without a profile has. It is decoded upright."""
    codes = info.get("nclx_profile") or {}
    transfer = codes.get("transfer_characteristics", 2)
    # Without a transfer, that of the web, as in an AVIF.
    return profile_of_codes(codes.get("color_primaries", 2), 13 if transfer == 2 else transfer, screen=SRGB_CURVE)


def _on_canvas(image: Image.Image, extent: Any) -> Image.Image:
    """A first frame that is smaller than its picture, with nothing around it; Pillow takes the background colour."""
    if extent is None or tuple(extent) == (0, 0, *image.size):
        return image
    canvas = Image.new("RGBA", image.size)
    canvas.paste(image.crop(extent).convert("RGBA"), (extent[0], extent[1]))
    return canvas


def _without_end_marker(found: jpeg.Jpeg) -> bytes:
    """The data with an end marker, if all pixels are there: then it does not matter which bytes come next.

    Raises DamagedError when pixels are missing.
    """
    if found.lacks_scans() or len({_pixels_with(found.with_tail(tail)) for tail in _TAILS}) > 1:
        raise DamagedError("the picture ends before its pixels do")
    return found.with_tail(b"")


def _pixels_with(data: bytes) -> str:
    with Image.open(BytesIO(data), formats=["JPEG"]) as image:
        return hashlib.sha256(image.tobytes()).hexdigest()
