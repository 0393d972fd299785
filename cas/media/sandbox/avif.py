"""An AVIF under the brand that Pillow knows, without EXIF: `irot` and `imir` alone turn it (AVIF 1.1, section 2.2)."""

import struct


def read(data: bytes) -> bytes:
    """The same bytes, with the major brand `avif` and the EXIF item under a name that nobody reads."""
    copy = bytearray(data)
    copy[8:12] = b"avis" if data[8:12] == b"avis" else b"avif"
    at = 0
    while at + 8 <= len(copy):
        length, kind = struct.unpack_from(">I4s", copy, at)
        if length < 8:
            break
        if kind == b"meta":
            box = bytes(copy[at : at + length])
            # An item's type stands in its `infe` box; whatever libavif makes of damaged EXIF, it does not see it.
            copy[at : at + length] = box.replace(b"\0Exif", b"\0free")
            break
        at += length
    return bytes(copy)
