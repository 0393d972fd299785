"""Opening strangers' pictures: only allowed formats, a pixel limit before decoding, always in a process of its own."""

from typing import IO, Any

from cas.errors import CannotShowError
from cas.media.filetypes import FileType
from cas.media.jobs import perform
from cas.media.slots import current_user

# What a thumbnail of a given original looks like. Whoever changes that counts one up: thumbnails made before, and notes
# that none could be made, are then no longer found.
RECIPE = 2


class TooManyPixelsError(CannotShowError):
    """Decoding the picture would take too much memory."""

    code = "image_too_large"

    def __init__(self, width: int, height: int, file_type: FileType) -> None:
        limit = file_type.max_pixels / 1_000_000
        super().__init__(
            f"This {file_type.label} has {width:,} × {height:,} pixels; at most {limit:g} million are allowed."
        )


def verify(file: IO[bytes], file_type: FileType, *, seconds: float | None = None) -> tuple[int, int]:
    """Decode the picture and return its width and height; the file's position stays.

    Only missing or undecodable pixels refuse it. `seconds` are all that it may take. Raises TooManyPixelsError before
    any decoding, DamagedImageError; DecodingLimitError for what would take too much; DecodingBusyError.
    """
    answer = perform(
        "judge",
        file,
        user=current_user(),
        seconds=seconds,
        kind=file_type.pillow_format,
        max_pixels=file_type.max_pixels,
    )
    return _size_of(answer.head, file_type)


def thumbnail_jpeg(file: IO[bytes], file_type: FileType, size: int, output: IO[bytes]) -> None:
    """Write a JPEG that fits in a square of `size` pixels: upright, sRGB on white, no metadata, never enlarged.

    Raises as `verify` does: it is the same judgement.
    """
    answer = perform(
        "thumbnail", file, spare=1, kind=file_type.pillow_format, max_pixels=file_type.max_pixels, size=size
    )
    if "error" in answer.head:
        _size_of(answer.head, file_type)
    output.write(answer.body)


def _size_of(head: dict[str, Any], file_type: FileType) -> tuple[int, int]:
    width, height = head["size"]
    if "error" in head:
        raise TooManyPixelsError(width, height, file_type)
    return width, height
