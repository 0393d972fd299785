"""The orientation in EXIF data, as browsers read it: one tag in the first directory, and nothing of XMP."""

import struct

_ORIENTATION = 0x0112
_SHORT = 3
# A directory can hold 65,535 entries; nobody's has more than a few dozen.
_MAX_ENTRIES = 1000


def orientation_of(tiff: bytes) -> int:
    """1 to 8; 1 when the data are damaged, or say nothing that a browser heeds.

    `tiff` begins with the byte order, after the name.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for number in range(min(count, _MAX_ENTRIES)):
            tag, kind, length, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * number)
            if tag == _ORIENTATION:
                return value if kind == _SHORT and length == 1 and 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1
