"""Rows that refer to contents for a while only: the apps that have them register here, and `cas_gc` lets them go first.

What is registered deletes the rows whose time is over, or none when it is called with True, which is a dry run, and
returns how many there are.
"""

from collections.abc import Callable

GiveUp = Callable[[bool], int]

_registered: list[GiveUp] = []


def register(give_up: GiveUp) -> GiveUp:
    """Add rows that expire. Call it in an app's `ready()`."""
    if give_up not in _registered:
        _registered.append(give_up)
    return give_up


def give_up_expired(*, dry_run: bool) -> int:
    """Delete all rows whose time is over; with `dry_run` none. Returns how many there are."""
    return sum(give_up(dry_run) for give_up in _registered)
