"""A WebP without what stands beside its pixels (RFC 9649). Browsers do not turn it, whatever its EXIF data say."""

import struct
from dataclasses import dataclass
from mmap import mmap

_BESIDE = frozenset({b"EXIF", b"XMP ", b"ICCP"})
# Bits of the VP8X chunk that announce them.
_FLAGS = 0x20 | 0x08 | 0x04


@dataclass
class WebP:
    """The pixels, and what stood beside them."""

    data: bytes
    canvas: tuple[int, int] = (0, 0)
    profile: bytes | None = None


def read(data: bytes | mmap) -> WebP:
    """The chunks, in their order; one that is cut off is left to the decoder, unless it has no pixels."""
    webp = WebP(b"")
    kept = []
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        content = data[at + 8 : at + 8 + length]
        if kind == b"ICCP" and len(content) == length:
            webp.profile = webp.profile or content
        elif kind == b"VP8X" and content:
            content = bytes([content[0] & ~_FLAGS]) + content[1:]
            webp.canvas = (1 + int.from_bytes(content[4:7], "little"), 1 + int.from_bytes(content[7:10], "little"))
        if kind not in _BESIDE:
            kept.append(struct.pack("<4sI", kind, length) + content + b"\0" * (length % 2))
        at += 8 + length + length % 2
    body = b"WEBP" + b"".join(kept)
    webp.data = b"RIFF" + struct.pack("<I", len(body)) + body
    return webp
