"""A picture made small: upright, sRGB on white, no metadata."""

from typing import BinaryIO

from PIL import Image, ImageMath

from cas.media.sandbox.colours import to_srgb
from cas.media.sandbox.errors import DamagedError
from cas.media.sandbox.judge import PILLOW_ERRORS, Picture

# The mask of one transparent grey takes 16 bytes a pixel; a larger picture is shown without.
_MAX_MASKED_PIXELS = 16_000_000
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


def save_thumbnail(picture: Picture, size: int, output: BinaryIO) -> None:
    """Write a JPEG that fits in a square of `size` pixels; it is never enlarged. Raises DamagedError."""
    try:
        small = _smooth(picture.image)
        small.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=3)
        turn = _UPRIGHT.get(picture.orientation)
        small = to_srgb(small if turn is None else small.transpose(turn), picture.profile)
        # Pillow would write the comment of the original into the thumbnail.
        small.info.clear()
        small.save(output, "JPEG", quality=85, optimize=True)
    except PILLOW_ERRORS as error:
        raise DamagedError(f"{type(error).__name__}: {error}") from error


def _smooth(image: Image.Image) -> Image.Image:
    """A mode that can be shrunk by mixing pixels; of palettes and of a transparent colour Pillow leaves some out."""
    if image.mode.startswith("I"):
        return _eight_bits(image)
    if image.mode in {"1", "P", "PA"} or "transparency" in image.info:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """Of 16-bit grey, which Pillow can neither shrink, nor convert without clipping it to white."""
    wide = image.convert("I")
    grey = wide.point(lambda value: value / 256).convert("L")
    transparent = image.info.get("transparency")
    if not isinstance(transparent, int) or image.width * image.height > _MAX_MASKED_PIXELS:
        return grey
    mask = ImageMath.lambda_eval(lambda names: (names["wide"] != transparent) * 255, wide=wide)
    return Image.merge("LA", (grey, mask.convert("L")))
