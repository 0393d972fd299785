"""Pictures in formats that are not kept, made into PNG: icons of web sites, and what old programs write."""

from typing import IO

from cas.media.filetypes import FileType
from cas.media.images import TooManyPixelsError
from cas.media.jobs import perform
from cas.media.slots import current_user

# Decoded once as what they are, and once for the PNG: half of the pixels. Icons are small by nature.
_TYPES = {
    "BMP": FileType("image/bmp", "image", "BMP picture", "BMP", pixel_share=0.5),
    "ICO": FileType("image/vnd.microsoft.icon", "image", "icon", "ICO", pixel_share=0.25),
    "TIFF": FileType("image/tiff", "image", "TIFF picture", "TIFF", pixel_share=0.5),
}
_SIGNATURES = {b"BM": "BMP", b"\0\0\1\0": "ICO", b"II*\0": "TIFF", b"MM\0*": "TIFF"}


def is_convertible(head: bytes) -> bool:
    """Whether a file that begins like this may be one of these formats."""
    return head.startswith(tuple(_SIGNATURES))


def convert_to_png(file: IO[bytes], output: IO[bytes], *, seconds: float | None = None) -> tuple[int, int]:
    """Write the picture as PNG, of an icon the largest, and return its width and height.

    Raises TooManyPixelsError before any decoding, DamagedImageError for whatever is no whole BMP, ICO or TIFF;
    DecodingLimitError, DecodingBusyError.
    """
    limits = {name: file_type.max_pixels for name, file_type in _TYPES.items()}
    answer = perform("convert", file, user=current_user(), seconds=seconds, max_pixels=limits)
    width, height = answer.head["size"]
    if "error" in answer.head:
        raise TooManyPixelsError(width, height, _TYPES[answer.head["kind"]])
    output.write(answer.body)
    return width, height
