"""Types of command-line options, for argparse: each gives the value, or raises ArgumentTypeError with a sentence."""

import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import timedelta

from core import numbers

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
# As many as the pool of connections to an S3 server has.
_MAX_JOBS = 32


def duration(text: str) -> timedelta:
    """A length of time as operators write it: `30d`, `24h`, `90m`, `10s`."""
    match = re.fullmatch(r"(\d{1,6})([dhms])", text, re.ASCII)
    if match is None:
        raise ArgumentTypeError(f"{text!r} is no length of time like 30d, 24h, 90m or 10s.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def whole_number(lowest: int = 0, highest: int | None = None) -> Callable[[str], int]:
    """The type of an option that takes a whole number from `lowest` to `highest`."""
    bounds = f"from {lowest} to {highest}" if highest is not None else f"of {lowest} or more"

    def parse(text: str) -> int:
        number = numbers.whole_number(text, lowest, numbers.LARGEST if highest is None else highest)
        if number is None:
            raise ArgumentTypeError(f"{text!r} is no whole number {bounds}.")
        return number

    return parse


# How many calls at a time.
job_count = whole_number(1, _MAX_JOBS)
