"""Pictures in formats that are not kept, made into PNG: icons of web sites, and what old programs write."""

import struct
from collections.abc import Iterator
from typing import IO

from cas.media.filetypes import FileType
from cas.media.images import DamagedImageError, decoded, refuse_too_many_pixels

# Decoded once as what they are, and once for the PNG: half of the pixels. Icons are small by nature.
_ICO = FileType("image/vnd.microsoft.icon", "image", "icon", "ICO", pixel_share=0.25)
_TYPES = {
    "BMP": FileType("image/bmp", "image", "BMP picture", "BMP", pixel_share=0.5),
    "ICO": _ICO,
    "TIFF": FileType("image/tiff", "image", "TIFF picture", "TIFF", pixel_share=0.5),
}
_PNG = b"\x89PNG\r\n\x1a\n"
_ICON = b"\0\0\1\0"
_SIGNATURES = (b"BM", _ICON, b"II*\0", b"MM\0*")
# What browsers look at; the directory could claim 65,535.
_MAX_ICONS = 64


def is_convertible(head: bytes) -> bool:
    """Whether a file that begins like this may be one of these formats."""
    return head.startswith(_SIGNATURES)


def convert_to_png(file: IO[bytes], output: IO[bytes]) -> tuple[int, int]:
    """Write the picture as PNG, of an icon the largest, and return its width and height.

    Raises TooManyPixelsError before any decoding, DamagedImageError for whatever is no whole BMP, ICO or TIFF.
    """
    file.seek(0)
    # Pillow decodes an icon when it opens it, by its real size, not by the one in the directory.
    for width, height in _icon_sizes(file):
        refuse_too_many_pixels(width, height, _ICO)
    file.seek(0)
    with decoded(file, types=_TYPES) as image:
        picture = image if image.mode in {"1", "L", "LA", "P", "RGB", "RGBA"} else image.convert("RGBA")
        picture.info.clear()
        picture.save(output, "PNG")
        return picture.size


def _icon_sizes(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    """The real sizes of the pictures in an icon; nothing for other formats."""
    header = file.read(6)
    if not header.startswith(_ICON) or len(header) < 6:
        return
    count = int.from_bytes(header[4:6], "little")
    if count > _MAX_ICONS:
        raise DamagedImageError
    directory = file.read(16 * count)
    for start in range(0, len(directory) - 15, 16):
        file.seek(int.from_bytes(directory[start + 12 : start + 16], "little"))
        picture = file.read(24)
        if len(picture) < 24:
            raise DamagedImageError
        if picture.startswith(_PNG):
            yield struct.unpack(">II", picture[16:24])
        else:
            width, height = struct.unpack("<ii", picture[4:12])
            # Above the picture lies its mask.
            yield abs(width), abs(height) // 2
