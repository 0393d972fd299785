"""Single byte ranges, by RFC 9110 section 14."""

import re
from dataclasses import dataclass

from core.errors import InventoryError

_SINGLE = re.compile(r"bytes=\s*(\d{0,19})-(\d{0,19})\s*", re.ASCII)


class UnsatisfiableRangeError(InventoryError):
    """The range lies past the end of `total` bytes."""

    code = "range_not_satisfiable"

    def __init__(self, total: int) -> None:
        super().__init__(f"The range lies outside the {total} bytes of the content.")
        self.total = total


@dataclass(frozen=True)
class ByteRange:
    """The part of `total` bytes that is sent."""

    start: int
    length: int
    total: int

    @property
    def header(self) -> str:
        """The value of the Content-Range header."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{self.total}"


def parse_range(header: str, total: int) -> ByteRange | None:
    """The one range asked for; None when the whole is to be sent: no range, several, or not understood.

    Raises UnsatisfiableRangeError.
    """
    match = _SINGLE.fullmatch(header)
    if match is None or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        length = min(int(last), total)
        if length == 0:
            raise UnsatisfiableRangeError(total)
        return ByteRange(total - length, length, total)
    start = int(first)
    end = min(int(last), total - 1) if last else total - 1
    if last and int(last) < start:
        return None
    if start >= total:
        raise UnsatisfiableRangeError(total)
    return ByteRange(start, end - start + 1, total)
