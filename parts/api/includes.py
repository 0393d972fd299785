"""What a list of parts may include on request. Apps above register theirs: the parts know nothing of them."""

from collections.abc import Callable, Sequence
from typing import Any

from rest_framework.exceptions import ValidationError

# For the ids of the parts of one page: the value of the included column for each of them, in one query.
Loader = Callable[[Sequence[int]], dict[int, Any]]

# Known to the frontend; without a loader the feature does not exist yet, and the column stays null.
_LOADERS: dict[str, Loader | None] = {"cover": None, "locations": None, "kits": None, "shopping_lists": None}


def known() -> list[str]:
    """All names that may be included."""
    return list(_LOADERS)


def register(name: str, loader: Loader) -> None:
    """Fill the column of this name."""
    _LOADERS[name] = loader


def parse(text: str | None) -> list[str]:
    """The names in a comma-separated list. Raises ValidationError for unknown or repeated ones."""
    if not text:
        return []
    names = [name.strip() for name in text.split(",")]
    unknown = sorted(set(names) - set(_LOADERS))
    if unknown:
        raise ValidationError({"include": [f"Unknown: {unknown[0][:50]}. Known are {', '.join(_LOADERS)}."]})
    if len(names) > len(_LOADERS):
        raise ValidationError({"include": ["The list is too long."]})
    return names


def load(names: Sequence[str], parts: Sequence[int]) -> dict[str, dict[int, Any]]:
    """The included columns of the parts with these ids, by id."""
    return {name: loader(parts) for name in names if (loader := _LOADERS[name])}
