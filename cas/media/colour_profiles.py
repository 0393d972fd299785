"""Any picture in the colours of the web: sRGB on white, as browsers take a JPEG that says nothing about its colours."""

from functools import lru_cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms

# The colour spaces of ICC.1:2022 (table 19) that pictures have, and the mode in which Pillow holds such a picture.
_MODES = {"RGB ": "RGB", "CMYK": "CMYK", "GRAY": "L"}


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture as RGB, transparent places white, its colours moved from those of the ICC profile to sRGB.

    A profile that is none, is damaged, or belongs to another kind of picture is left out of account.
    """
    if image.has_transparency_data:
        image = _on_white(image)
    if profile is not None:
        converted = _converted(image, profile)
        if converted is not None:
            return converted
    return image if image.mode == "RGB" else image.convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    layer = image.convert("RGBA")
    background = Image.new("RGB", layer.size, "white")
    background.paste(layer, mask=layer)
    return background


def _converted(image: Image.Image, data: bytes) -> Image.Image | None:
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(data))
        if _MODES.get(profile.profile.xcolor_space) != image.mode or "sRGB" in (
            profile.profile.profile_description or ""
        ):
            return None
        return ImageCms.profileToProfile(image, profile, _srgb(), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@lru_cache(maxsize=1)
def _srgb() -> Any:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
