"""Columns of parts that apps above fill: the parts know nothing of them.

Some the database computes with each row; some only a list has, on request (`?include=`), and they are loaded for its
page.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import IntegerField, Value
from rest_framework.exceptions import ValidationError

# For the ids of the parts of one page: the value of the column for each of them, in a constant number of queries.
Loader = Callable[[Sequence[int]], dict[int, Any]]

# What the database computes for each part; until somebody registers an expression, what is true of every part.
_COMPUTED: dict[str, Any] = {"total_quantity": Value(0), "minimum_quantity": Value(None, IntegerField())}
# The same of columns that only one part by itself has.
_COMPUTED_OF_ONE: dict[str, Any] = {"used_in_kits": Value(False)}
# Known to the frontend; without a loader the feature does not exist yet, and the column stays null.
_ON_REQUEST = ("cover", "locations", "kits", "shopping_lists")
_LOADERS: dict[str, Loader] = {}


def known() -> list[str]:
    """All names that a list may be asked for."""
    return list(_ON_REQUEST)


def register(name: str, loader: Loader) -> None:
    """Fill a column of lists that is there on request. Raises ValueError for another."""
    if name not in _ON_REQUEST:
        raise ValueError(f"Lists of parts have no column {name} on request.")
    _LOADERS[name] = loader


def register_computed(name: str, expression: Any) -> None:
    """Let the database compute a column of each part. Raises ValueError for a column that parts do not have."""
    for columns in (_COMPUTED, _COMPUTED_OF_ONE):
        if name in columns:
            columns[name] = expression
            return
    raise ValueError(f"Parts have no column {name}.")


def parse(text: str | None) -> list[str]:
    """The names in a comma-separated list. Raises ValidationError for unknown or repeated ones."""
    if not text:
        return []
    names = [name.strip() for name in text.split(",")]
    unknown = sorted(set(names) - set(_ON_REQUEST))
    if unknown:
        raise ValidationError({"include": [f"Unknown: {unknown[0][:50]}. Known are {', '.join(_ON_REQUEST)}."]})
    if len(names) > len(_ON_REQUEST):
        raise ValidationError({"include": ["The list is too long."]})
    return names


def load(names: Sequence[str], parts: Sequence[int]) -> dict[str, dict[int, Any]]:
    """The columns of these names, of the parts with these ids, by id."""
    return {name: _LOADERS[name](parts) for name in dict.fromkeys(names) if name in _LOADERS}


def computed() -> dict[str, Any]:
    """What the database computes for each part of a list: expressions by name."""
    return dict(_COMPUTED)


def computed_of_one() -> dict[str, Any]:
    """What the database computes for one part by itself: expressions by name."""
    return _COMPUTED | _COMPUTED_OF_ONE
