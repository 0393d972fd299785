"""A JPEG without what stands beside its pixels (ITU T.81, annex B).

Only the header is rewritten, up to the first scan: from there on libjpeg reads what the file has, to the first end
marker. So a second picture behind it (MPO, gain map) does not matter, nor damaged EXIF, XMP, comments or thumbnails.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap
from typing import Any

from typing_extensions import override

from cas.media.sandbox.errors import DamagedError, TooCostlyError
from cas.media.sandbox.exif import orientation_of

_SOI, _EOI, _SOS, _DHT, _DAC = 0xD8, 0xD9, 0xDA, 0xC4, 0xCC
_APP0, _APP1, _APP2, _ADOBE = 0xE0, 0xE1, 0xE2, 0xEE
_JPG = 0xC8
_FRAMES = frozenset(range(0xC0, 0xD0)) - {_DHT, _JPG, _DAC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
# Tables, frame headers, DNL, DRI: what the decoder needs. Of the others only those that tell the colour transform.
_NEEDED = frozenset(range(0xC0, 0xD0)) | {0xDB, 0xDC, 0xDD, 0xDE, 0xDF}
_LOSSLESS = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
_START_OF_SCAN = b"\xff\xda"
_EXIF = b"Exif\0"
_ICC = b"ICC_PROFILE\0"
# A large progressive picture has a dozen scans. Each costs about as much as the whole picture.
_FREE_SCANS = 60
_MAX_SCANNED_PIXELS = 2_000_000_000


@dataclass
class Jpeg:
    """The header and the scans that a decoder needs, and what stood beside them."""

    file: bytes | mmap
    head: bytes = b""
    scans_at: int = 0
    width: int = 0
    height: int = 0
    is_progressive: bool = False
    is_lossless: bool = False
    has_partial_scan: bool = False
    components: tuple[int, ...] = ()
    # How many samples of each component lie side by side, and one below the other, in the same area.
    sampling: tuple[tuple[int, int], ...] = ()
    orientation: int = 1
    profile: bytes | None = None

    def open(self) -> io.BufferedReader:
        """The data, to read from; no copy is made of them: in a new process that takes as long as hashing them."""
        return io.BufferedReader(_Joined(self.head, memoryview(self.file)[self.scans_at :]))

    def may_be_grey(self) -> bool:
        """Whether it is decodable if its first component is: libjpeg enlarges the others by whole numbers only."""
        most = self.sampling[0]
        return all(across and down and not (most[0] % across or most[1] % down) for across, down in self.sampling)

    def with_tail(self, tail: bytes) -> bytes:
        """The data with other bytes where the file ends, and an end marker."""
        # The first half of a marker would turn the tail into something else.
        return (self.head + self.file[self.scans_at :]).rstrip(b"\xff") + tail + b"\xff\xd9"

    def lacks_scans(self) -> bool:
        """Whether coefficients of a component come in no scan: the file ends between two scans."""
        missing = {(component, band) for component in self.components for band in self._bands()}
        for components, start, end, low in self._scans():
            if low == 0:
                bands = {0} if start == 0 else set()
                bands |= {1} if end == 63 else set()
                missing -= {(component, band) for component in components for band in bands}
        return bool(missing)

    def _bands(self) -> tuple[int, ...]:
        return (0, 1) if self.is_progressive else (0,)

    def scan_headers(self) -> Iterator[int]:
        """Where in the file a scan begins."""
        at = self.file.find(_START_OF_SCAN, self.scans_at)
        while at >= 0:
            yield at
            at = self.file.find(_START_OF_SCAN, at + 2)

    def _scans(self) -> Iterator[tuple[tuple[int, ...], int, int, int]]:
        """Of each scan the components, the first and last coefficient, and the lowest bit that is still missing."""
        for start in self.scan_headers():
            at = start + 2
            count = self.file[at + 2] if at + 2 < len(self.file) else 0
            rest = self.file[at + 3 : at + 3 + 2 * count + 3]
            if len(rest) == 2 * count + 3:
                yield tuple(rest[0 : 2 * count : 2]), rest[-3], rest[-2], rest[-1] & 15


class _Joined(io.RawIOBase):
    """Two pieces, one behind the other."""

    def __init__(self, *pieces: bytes | memoryview) -> None:
        self._pieces = [memoryview(piece) for piece in pieces]
        self._size = sum(map(len, pieces))
        self._at = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence] + offset)
        return self._at

    @override
    def readinto(self, buffer: Any) -> int:
        at = self._at
        for piece in self._pieces:
            if at < len(piece):
                count = min(len(piece) - at, len(buffer))
                buffer[:count] = piece[at : at + count]
                self._at += count
                return count
            at -= len(piece)
        return 0


def read(data: bytes | mmap) -> Jpeg:
    """Raises DamagedError without a frame and a scan; TooCostlyError when there are scans without end."""
    kept = [b"\xff\xd8"]
    profile: dict[int, bytes] = {}
    jpeg = Jpeg(data)
    oriented = False
    for marker, start, content in _segments(data):
        if marker == _SOS:
            jpeg.has_partial_scan = content[:1] != bytes([len(jpeg.components)])
            jpeg.head, jpeg.scans_at = b"".join(kept), start
            break
        if marker in _FRAMES:
            _read_frame(jpeg, marker, content)
        if marker == _APP1 and content.startswith(_EXIF) and not oriented:
            jpeg.orientation, oriented = orientation_of(content[6:]), True
        elif marker == _APP2 and content.startswith(_ICC) and len(content) > 14:
            profile.setdefault(content[12], content[14:])
        if marker in _NEEDED or _tells_colours(marker, content):
            kept.append(bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content)
    if not jpeg.head or not jpeg.components:
        raise DamagedError("no frame, or no scan")
    if profile and sorted(profile) == list(range(1, len(profile) + 1)):
        jpeg.profile = b"".join(profile[number] for number in sorted(profile))
    # A decoder goes on behind the first scan only when it has not all components, or not all of their bits.
    scans = sum(1 for _ in jpeg.scan_headers()) if jpeg.is_progressive or jpeg.has_partial_scan else 1
    if scans > _FREE_SCANS and scans * jpeg.width * jpeg.height > _MAX_SCANNED_PIXELS:
        raise TooCostlyError(f"{scans} scans")
    return jpeg


def _segments(data: bytes | mmap) -> Iterator[tuple[int, int, bytes]]:
    """Marker, where it begins, and content, up to the first scan. What is no marker is skipped, as libjpeg does."""
    at = 2
    while True:
        start = data.find(b"\xff", at)
        if start < 0:
            return
        at = start + 1
        while at < len(data) and data[at] == 0xFF:
            at += 1
        if at >= len(data):
            return
        marker = data[at]
        at += 1
        if marker == 0 or marker in _BARE:
            continue
        if marker == _EOI:
            return
        length = int.from_bytes(data[at : at + 2], "big")
        if length < 2 or at + length > len(data):
            return
        yield marker, start, data[at + 2 : at + length]
        at += length
        if marker == _SOS:
            return


def _read_frame(jpeg: Jpeg, marker: int, content: bytes) -> None:
    if len(content) < 6 or len(content) < 6 + 3 * content[5]:
        raise DamagedError("a frame header that is too short")
    jpeg.height = int.from_bytes(content[1:3], "big")
    jpeg.width = int.from_bytes(content[3:5], "big")
    end = 6 + 3 * content[5]
    jpeg.components = tuple(content[6:end:3])
    jpeg.sampling = tuple(divmod(factors, 16) for factors in content[7:end:3])
    jpeg.is_progressive = marker in _PROGRESSIVE
    jpeg.is_lossless = marker in _LOSSLESS


def _tells_colours(marker: int, content: bytes) -> bool:
    return (marker == _APP0 and content.startswith(b"JFIF\0") and len(content) >= 14) or (
        marker == _ADOBE and content.startswith(b"Adobe") and len(content) >= 12
    )
