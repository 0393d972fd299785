"""The orientation in EXIF data, as Chromium reads it: a tag of one SHORT, and nothing of XMP."""

import struct
from collections.abc import Iterator

_ORIENTATION = 0x0112
_SUB_DIRECTORY = 0x8769
_SHORT, _LONG = 3, 4
# A directory can hold 65,535 entries; nobody's has more than a few dozen.
_MAX_ENTRIES = 1000


def orientation_of(tiff: bytes) -> int:
    """1 to 8; 1 when the data are damaged, or say nothing that a browser heeds.

    `tiff` begins with the byte order, after the name.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return 1
    (start,) = struct.unpack_from(f"{order}I", tiff, 4)
    return next(_orientations(tiff, order, start, is_root=True), 1)


def _orientations(tiff: bytes, order: str, start: int, *, is_root: bool) -> Iterator[int]:
    """Those of a directory and of the directory within, in their order, as far as the data go."""
    try:
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for at in range(start + 2, start + 2 + 12 * min(count, _MAX_ENTRIES), 12):
            tag, kind, length, value = struct.unpack_from(f"{order}HHI4s", tiff, at)
            if tag == _ORIENTATION and (kind, length) == (_SHORT, 1):
                (orientation,) = struct.unpack(f"{order}H", value[:2])
                if 1 <= orientation <= 8:
                    yield orientation
            elif is_root and tag == _SUB_DIRECTORY and (kind, length) == (_LONG, 1):
                (inner,) = struct.unpack(f"{order}I", value)
                yield from _orientations(tiff, order, inner, is_root=False)
    except struct.error:
        return
