"""What apps above show on the pages of parts in the admin: panels, columns of the list, filters, actions.

An app above registers them in its `ready()`; the parts know nothing of them. They are shown in the order in which they
were registered.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

# The HTML of a panel above the form of a part's page, for the request and the part; nothing to show nothing.
Panel = Callable[[Any, Any], str]


@dataclass(frozen=True)
class Column:
    """A column of the list. `load` takes the ids of the parts of a page, and says what each shows, in one query."""

    name: str
    label: str
    load: Callable[[Sequence[int]], dict[int, Any]]


_PANELS: list[Panel] = []
_COLUMNS: list[Column] = []
_FILTERS: list[type[Any]] = []
_ACTIONS: list[Any] = []


def register(panel: Panel) -> None:
    """Show the panel on the page of every part."""
    _PANELS.append(panel)


def register_column(column: Column) -> None:
    """Show the column in the list of parts."""
    _COLUMNS.append(column)


def register_filter(list_filter: type[Any]) -> None:
    """Offer the filter (a class of Django's admin) beside the list of parts."""
    _FILTERS.append(list_filter)


def register_action(action: Callable[[Any, Any, Any], Any]) -> None:
    """Offer the action (of Django's admin) for the parts of the list."""
    _ACTIONS.append(action)


def rendered(request: Any, part: Any) -> list[str]:
    """The HTML of the panels that have something to show."""
    return [html for panel in _PANELS if (html := panel(request, part))]


def columns() -> list[Column]:
    """The registered columns."""
    return list(_COLUMNS)


def filters() -> list[type[Any]]:
    """The registered filters."""
    return list(_FILTERS)


def actions() -> list[Any]:
    """The registered actions."""
    return list(_ACTIONS)
