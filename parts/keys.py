"""The four-letter keys that people write on drawers."""

import random
import re
import string
from collections.abc import Callable

LENGTH = 4
ALPHABET = string.ascii_uppercase
_DRAWS = 64
_KEY = re.compile(rf"[A-Z]{{{LENGTH}}}")
_random = random.SystemRandom()


def is_key(text: str) -> bool:
    """Whether the text may be a part's key. Not every database can be asked for any text: PostgreSQL refuses NUL."""
    return _KEY.fullmatch(text) is not None


def at_random() -> str:
    """A key that may be in use."""
    return "".join(_random.choices(ALPHABET, k=LENGTH))


def draw(taken: Callable[[set[str]], set[str]], count: Callable[[], int]) -> str | None:
    """A free key, at random, or None when every key is in use.

    `taken` says which of some keys are in use, `count` how many are in all.
    """
    while True:
        candidates = {at_random() for _ in range(_DRAWS)}
        free = candidates - taken(candidates)
        if free:
            return free.pop()
        if count() >= len(ALPHABET) ** LENGTH:
            return None
