"""Pictures in formats that are not kept, made into PNG: icons of web sites, and what old programs write."""

import struct
import warnings
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import BinaryIO

from PIL import Image

from cas.media.sandbox.errors import DamagedError
from cas.media.sandbox.judge import PILLOW_ERRORS, refuse_too_many_pixels

_PNG = b"\x89PNG\r\n\x1a\n"
_ICON = b"\0\0\1\0"
# What browsers look at; the directory could claim 65,535.
_MAX_ICONS = 64


def convert_to_png(data: bytes, max_pixels: Mapping[str, int], output: BinaryIO) -> tuple[int, int]:
    """Write the picture as PNG, of an icon the largest, and return its width and height.

    `max_pixels` are the formats that it may have, by Pillow's names. Raises TooManyPixelsError before any decoding,
    DamagedError for whatever is no whole picture in one of the formats.
    """
    # Pillow decodes an icon when it opens it, by its real size, not by the one in the directory.
    for size in _icon_sizes(data):
        refuse_too_many_pixels(size, "ICO", max_pixels["ICO"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = Image.open(BytesIO(data), formats=list(max_pixels))
            refuse_too_many_pixels(image.size, str(image.format), max_pixels[str(image.format)])
            image.load()
            picture = image if image.mode in {"1", "L", "LA", "P", "RGB", "RGBA"} else image.convert("RGBA")
            picture.info.clear()
            picture.save(output, "PNG")
        except PILLOW_ERRORS as error:
            raise DamagedError(f"{type(error).__name__}: {error}") from error
    return picture.size


def _icon_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """The real sizes of the pictures in an icon; nothing for other formats."""
    if not data.startswith(_ICON) or len(data) < 6:
        return
    count = int.from_bytes(data[4:6], "little")
    if count > _MAX_ICONS:
        raise DamagedError("too many icons")
    directory = data[6 : 6 + 16 * count]
    for start in range(0, len(directory) - 15, 16):
        at = int.from_bytes(directory[start + 12 : start + 16], "little")
        picture = data[at : at + 24]
        if len(picture) < 24:
            raise DamagedError("an icon that is cut off")
        if picture.startswith(_PNG):
            yield struct.unpack(">II", picture[16:24])
        else:
            width, height = struct.unpack("<ii", picture[4:12])
            # Above the picture lies its mask.
            yield abs(width), abs(height) // 2
