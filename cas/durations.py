"""Lengths of time as operators write them: `30d`, `24h`, `90m`, `10s`."""

import argparse
import re
from datetime import timedelta

_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def duration(text: str) -> timedelta:
    """An option's value, for argparse."""
    match = re.fullmatch(r"(\d{1,6})([dhms])", text, re.ASCII)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of time like 30d, 24h, 90m or 10s.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
