"""Whole numbers in text that came from outside."""

import re

# The largest that a database stores as a number of a row.
LARGEST = 2**63 - 1
_WHOLE = re.compile("[0-9]{1,19}")


def whole_number(text: str, lowest: int = 0, highest: int = LARGEST) -> int | None:
    """The number that ASCII digits write, or None for any other text and outside of these bounds."""
    number = int(text) if _WHOLE.fullmatch(text) else -1
    return number if lowest <= number <= highest else None
