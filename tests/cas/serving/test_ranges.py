"""Single byte ranges (RFC 9110, section 14)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cas.serving.ranges import ByteRange, UnsatisfiableRangeError, parse_range

pytestmark = pytest.mark.once

DATA = bytes(range(100))


class TestParseRange:
    @pytest.mark.parametrize(
        ("header", "part", "content_range"),
        [
            ("bytes=0-0", DATA[:1], "bytes 0-0/100"),
            ("bytes=0-99", DATA, "bytes 0-99/100"),
            ("bytes=10-19", DATA[10:20], "bytes 10-19/100"),
            ("bytes=90-", DATA[90:], "bytes 90-99/100"),
            ("bytes=90-1000", DATA[90:], "bytes 90-99/100"),
            ("bytes=99-99", DATA[99:], "bytes 99-99/100"),
            ("bytes=-1", DATA[-1:], "bytes 99-99/100"),
            ("bytes=-100", DATA, "bytes 0-99/100"),
            ("bytes=-5000", DATA, "bytes 0-99/100"),
            ("bytes= 1-2 ", DATA[1:3], "bytes 1-2/100"),
            ("bytes=000-007", DATA[:8], "bytes 0-7/100"),
        ],
    )
    def test_one_part(self, header: str, part: bytes, content_range: str) -> None:
        found = parse_range(header, 100)
        assert found is not None
        assert DATA[found.start : found.start + found.length] == part
        assert found.header == content_range

    @pytest.mark.parametrize(
        "header",
        [
            *("", "bytes", "bytes=", "bytes=-", "bytes=0-1,5-6", "bytes=5-2", "bytes=200-100", "bytes=a-b", "bytes=1"),
            *("bytes=--1", "bytes=1-2-3", "bytes=+1-2", "bytes=٣-٤", "lines=0-1", "bytes=0x1-2"),
            *(f"bytes={'9' * 20}-", f"bytes=0-{'9' * 5000}"),
        ],
    )
    def test_whatever_else_gives_the_whole(self, header: str) -> None:
        assert parse_range(header, 100) is None

    @pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", f"bytes={'9' * 19}-"])
    def test_past_the_end(self, header: str) -> None:
        with pytest.raises(UnsatisfiableRangeError):
            parse_range(header, 100)

    @pytest.mark.parametrize("header", ["bytes=0-0", "bytes=0-", "bytes=-1"])
    def test_nothing_can_be_cut_out_of_an_empty_content(self, header: str) -> None:
        with pytest.raises(UnsatisfiableRangeError):
            parse_range(header, 0)

    @given(st.integers(0, 120), st.integers(0, 120), st.integers(1, 100))
    def test_is_what_slicing_gives(self, first: int, last: int, total: int) -> None:
        data = DATA[:total]
        try:
            part = parse_range(f"bytes={first}-{last}", total)
        except UnsatisfiableRangeError:
            assert data[first : last + 1] == b""
        else:
            assert part is None or data[part.start : part.start + part.length] == data[first : last + 1] != b""

    @given(st.text(max_size=50))
    def test_never_fails(self, header: str) -> None:
        for text in (header, f"bytes={header}"):
            try:
                part = parse_range(text, 100)
            except UnsatisfiableRangeError:
                continue
            assert part is None or isinstance(part, ByteRange)
