"""A PNG without what stands beside its pixels (PNG specification, third edition).

The chunks that make the picture are read, each with its CRC, and written anew: one header, one palette, one
transparency, one IDAT, one end. Text, EXIF, times and thumbnails are dropped, damaged or not.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

from cas.media.sandbox.errors import DamagedError
from cas.media.sandbox.exif import orientation_of
from cas.media.sandbox.profiles import VIDEO_CURVE, profile_of_codes, profile_of_gamma

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PICTURE = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_BESIDE = frozenset({b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"eXIf", b"cICP", b"acTL", b"fcTL", b"fdAT"})
_CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT"})
_MAX_PROFILE_BYTES = 4_000_000


@dataclass
class Png:
    """The pixels, rebuilt, and what stood beside them."""

    data: bytes
    width: int
    height: int
    orientation: int = 1
    profile: bytes | None = None
    transparent: int | None = None


def read(data: bytes | mmap) -> Png:
    """Raises DamagedError when a chunk with pixels is damaged, or there is none."""
    chunks: dict[bytes, bytes] = {}
    pixels: list[bytes] = []
    frame: list[bytes] = []
    hidden = False
    controls = 0
    for kind, content in _chunks(data):
        if kind == b"IDAT":
            # An IDAT before any frame control is for viewers that know no animations.
            hidden = hidden or (b"acTL" in chunks and not controls)
            pixels.append(content)
        elif kind == b"fcTL":
            controls += 1
            chunks.setdefault(b"fcTL", content)
        elif kind == b"fdAT":
            if controls == 1 and hidden:
                frame.append(content[4:])
        # Browsers read no EXIF data behind the pixels.
        elif kind != b"eXIf" or not pixels:
            chunks.setdefault(kind, content)
    header = chunks.get(b"IHDR", b"")
    if len(header) != 13 or not pixels:
        raise DamagedError("no header, or no pixels")
    if hidden and frame and _fills(header, chunks.get(b"fcTL", b"")):
        pixels = frame
    width, height = struct.unpack(">II", header[:8])
    parts = [(b"IHDR", header)]
    parts += [(kind, chunks[kind]) for kind in (b"PLTE", b"tRNS") if kind in chunks]
    parts += [(b"IDAT", b"".join(pixels)), (b"IEND", b"")]
    return Png(
        SIGNATURE + b"".join(_chunk(kind, content) for kind, content in parts),
        width,
        height,
        orientation_of(chunks.get(b"eXIf", b"")),
        _profile(chunks),
        _transparent_grey(header, chunks.get(b"tRNS", b"")),
    )


def _chunks(data: bytes | mmap) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        intact = end + 4 <= len(data) and zlib.crc32(data[at + 4 : end]) == int.from_bytes(data[end : end + 4], "big")
        if kind in _CRITICAL:
            # Where the file ends, the decoder sees whether the pixels do, too.
            if not intact and not (kind == b"IDAT" and len(data) < end + 4):
                raise DamagedError(f"a damaged {kind.decode()}")
            yield kind, data[at + 8 : end]
        elif intact:
            if kind in _PICTURE or kind in _BESIDE:
                yield kind, data[at + 8 : end]
            if kind == b"IEND":
                return
        else:
            following = _next_chunk(data, at, end)
            if following is None:
                return
            at = following
            continue
        at = end + 4


def _next_chunk(data: bytes | mmap, at: int, end: int) -> int | None:
    """Where reading goes on behind a chunk with a wrong CRC, or a wrong length."""
    if end + 12 <= len(data) and data[end + 8 : end + 12] in _PICTURE | _BESIDE:
        return end + 4
    # The length is wrong: the next chunk that makes the picture, and is whole.
    candidates = [place - 4 for kind in (b"PLTE", b"tRNS", b"IDAT", b"IEND") if (place := data.find(kind, at + 8)) >= 0]
    return min(candidates, default=None)


def _fills(header: bytes, control: bytes) -> bool:
    return len(control) == 26 and control[4:12] == header[:8] and control[12:20] == bytes(8)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _transparent_grey(header: bytes, content: bytes) -> int | None:
    """The transparent grey of a picture with fewer than 8 bits, in 8 bits."""
    depth, colour = header[8], header[9]
    if colour != 0 or depth not in {2, 4} or len(content) != 2:
        return None
    grey: int = int.from_bytes(content, "big") * 255 // (2**depth - 1)
    return grey


def _profile(chunks: dict[bytes, bytes]) -> bytes | None:
    """What says the colours: codes, or else a profile, or else sRGB, or else gamma and primaries."""
    codes = chunks.get(b"cICP", b"")
    if len(codes) == 4 and codes[2:] == b"\0\1":
        return profile_of_codes(codes[0], codes[1], screen=VIDEO_CURVE)
    name, _, packed = chunks.get(b"iCCP", b"").partition(b"\0")
    if name and packed[:1] == b"\0":
        try:
            return zlib.decompressobj().decompress(packed[1:], _MAX_PROFILE_BYTES)
        except zlib.error:
            return None
    if b"sRGB" in chunks:
        return None
    gamma, primaries = chunks.get(b"gAMA", b""), chunks.get(b"cHRM", b"")
    if len(gamma) == 4:
        return profile_of_gamma(
            int.from_bytes(gamma, "big") / 100_000,
            [value / 100_000 for value in struct.unpack(">8I", primaries)] if len(primaries) == 32 else None,
        )
    return None
