"""Any picture in the colours of the web: sRGB on white, as browsers take a JPEG that says nothing about its colours."""

from functools import lru_cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms

# The colour spaces of ICC.1:2022 (table 19) that pictures have, and the mode in which Pillow holds such a picture.
_MODES = {"RGB ": "RGB", "CMYK": "CMYK", "GRAY": "L"}
# A profile that moves no colour by more than this is that of the web, whatever its name.
_SAME = 2


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture as RGB, transparent places white, its colours moved from those of the ICC profile to sRGB.

    A profile that is none, is damaged, or belongs to another kind of picture is left out of account.
    """
    alpha = None
    if image.has_transparency_data:
        if image.mode not in {"RGBA", "LA"}:
            image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.convert("L" if image.mode == "LA" else "RGB")
    image = _converted(image, profile) or image
    if image.mode != "RGB":
        image = image.convert("RGB")
    if alpha is None:
        return image
    background = Image.new("RGB", image.size, "white")
    background.paste(image, mask=alpha)
    return background


def _converted(image: Image.Image, data: bytes | None) -> Image.Image | None:
    if not data:
        return None
    try:
        transform = _transform(data, image.mode)
        if transform is None and image.mode == "L":
            # Grey is a colour, too.
            image = image.convert("RGB")
            transform = _transform(data, "RGB")
        return None if transform is None else transform.apply(image)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _transform(data: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """None when the profile is for other pictures, or changes nothing."""
    profile = ImageCms.ImageCmsProfile(BytesIO(data))
    if _MODES.get(profile.profile.xcolor_space) != mode:
        return None
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    transform = ImageCms.buildTransform(profile, _srgb(), mode, "RGB", renderingIntent=intent)
    if mode == "RGB":
        samples = _samples()
        moved = transform.apply(samples)
        if all(abs(a - b) <= _SAME for a, b in zip(samples.tobytes(), moved.tobytes(), strict=True)):
            return None
    return transform


@lru_cache(maxsize=1)
def _srgb() -> Any:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@lru_cache(maxsize=1)
def _samples() -> Image.Image:
    levels = (0, 32, 96, 160, 224, 255)
    return Image.frombytes("RGB", (36, 6), bytes(c for r in levels for g in levels for b in levels for c in (r, g, b)))
