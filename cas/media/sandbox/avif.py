"""An AVIF under the brand that Pillow knows, without EXIF: `irot` and `imir` alone turn it (AVIF 1.1, section 2.2)."""

import struct
from dataclasses import dataclass
from mmap import mmap

from cas.media.sandbox.profiles import SRGB_CURVE, profile_of_codes


@dataclass
class Avif:
    """The picture for the decoder, and the profile that its codes stand for."""

    data: bytes
    profile: bytes | None = None


def read(data: bytes | mmap) -> Avif:
    """The same bytes, with the major brand `avif` and the EXIF item under a name that nobody reads."""
    copy = bytearray(data)
    copy[8:12] = b"avis" if data[8:12] == b"avis" else b"avif"
    at, profile = 0, None
    while at + 8 <= len(copy):
        length, kind = struct.unpack_from(">I4s", copy, at)
        if length < 8:
            break
        if kind == b"meta":
            box = bytes(copy[at : at + length])
            profile = _profile(box)
            # An item's type stands in its `infe` box; whatever libavif makes of damaged EXIF, it does not see it.
            copy[at : at + length] = box.replace(b"\0Exif", b"\0free")
            break
        at += length
    return Avif(bytes(copy), profile)


def _profile(meta: bytes) -> bytes | None:
    at = meta.find(b"colrnclx")
    if at < 0 or at + 12 > len(meta):
        return None
    primaries, transfer = struct.unpack_from(">HH", meta, at + 8)
    # Without a transfer, browsers take that of the web.
    return profile_of_codes(primaries, 13 if transfer == 2 else transfer, screen=SRGB_CURVE)
