"""Columns of parts that apps above fill: the parts know nothing of them.

Some are always there, in lists and for one part; some only in a list, on request (`?include=`); some only for one part.
"""

from collections.abc import Callable, Sequence
from typing import Any

from rest_framework.exceptions import ValidationError

# For the ids of the parts of one page: the value of the column for each of them, in a constant number of queries.
Loader = Callable[[Sequence[int]], dict[int, Any]]

# What a column says for every part until somebody registers a loader.
_ALWAYS: dict[str, Callable[[], Any]] = {
    "total_quantity": lambda: 0,
    "minimum_quantity": lambda: None,
    "seller_links": list,
}
# The same of columns that only one part by itself has.
_OF_ONE: dict[str, Callable[[], Any]] = {"used_in_kits": bool}
# Known to the frontend; without a loader the feature does not exist yet, and the column stays null.
_ON_REQUEST = ("cover", "locations", "kits", "shopping_lists")
_LOADERS: dict[str, Loader] = {}
# For the ids of the parts of one page: several columns at once, by name.
GroupLoader = Callable[[Sequence[int]], dict[str, dict[int, Any]]]
_GROUPS: dict[tuple[str, ...], GroupLoader] = {}


# All names that may be registered.
_NAMES = {*_ALWAYS, *_OF_ONE, *_ON_REQUEST}


def known() -> list[str]:
    """All names that a list may be asked for."""
    return list(_ON_REQUEST)


def register(name: str, loader: Loader) -> None:
    """Fill the column of this name. Raises ValueError for a column that parts do not have."""
    if name not in _NAMES:
        raise ValueError(f"Parts have no column {name}.")
    _LOADERS[name] = loader


def register_group(names: tuple[str, ...], loader: GroupLoader) -> None:
    """Fill the columns of these names together. Raises ValueError for a column that parts do not have."""
    for name in names:
        if name not in _NAMES:
            raise ValueError(f"Parts have no column {name}.")
    _GROUPS[names] = loader


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
    """The columns that are always there, and those of these names, of the parts with these ids, by id."""
    wanted = [*_ALWAYS, *dict.fromkeys(names)]
    columns = {name: _LOADERS[name](parts) for name in wanted if name in _LOADERS}
    for group, loader in _GROUPS.items():
        if not set(group).isdisjoint(wanted):
            columns |= {name: column for name, column in loader(parts).items() if name in wanted}
    for name, nothing in _ALWAYS.items():
        columns.setdefault(name, {part: nothing() for part in parts})
    return columns


def of_part(part: int) -> dict[str, Any]:
    """The columns of one part by itself."""
    return nothing() | {name: column[part] for name, column in load(list(_OF_ONE), [part]).items()}


def nothing() -> dict[str, Any]:
    """What they say of a part of which nobody keeps anything yet."""
    return {name: default() for name, default in (_ALWAYS | _OF_ONE).items()}
