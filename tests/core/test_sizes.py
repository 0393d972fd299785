"""How a number of bytes is shown."""

import pytest

from cas.media.inspection import too_large
from core.sizes import human_size


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (1250, "1.3 kB"),
        (49_249, "49.2 kB"),
        (10_000_000, "10.0 MB"),
        (7_450_000_000, "7.5 GB"),
        (3_000_000_000_000, "3.0 TB"),
    ],
)
def test_is_counted_in_thousands(size: int, text: str) -> None:
    assert human_size(size).split() == text.split()


@pytest.mark.parametrize(
    ("size", "limit", "numbers"),
    [
        (10_000_001, 10_000_000, ("10.1", "10")),
        (10_480_000, 10_000_000, ("10.5", "10")),
        (10_485_761, 10_485_760, ("10.5", "10.4858")),
        (200_000_321, 100_000_000, ("200.0", "100")),
        (1, 0, ("0.1", "0")),
    ],
)
def test_what_is_too_large_never_has_the_size_that_is_allowed(size: int, limit: int, numbers: tuple[str, str]) -> None:
    sentence = "The file has {} MB; at most {} MB are allowed."
    assert str(too_large("The file", size, limit)) == sentence.format(*numbers)
