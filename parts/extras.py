"""Fields of a part that apps above keep: the parts know nothing of what they mean.

An app above registers a field in its `ready()`. The API takes it with the part's own fields, and the services hand its
value to `save` in the transaction of the part.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ExtraField:
    """A field of a part that another app keeps.

    `save` takes the part and the value, and returns the one of before. `input_field` makes the field that reads the
    value from JSON.
    """

    save: Callable[[Any, Any], Any]
    input_field: Callable[[], Any]


_FIELDS: dict[str, ExtraField] = {}


def register(name: str, field: ExtraField) -> None:
    """Let parts have a field of this name."""
    _FIELDS[name] = field


def input_fields() -> dict[str, Any]:
    """New fields that read the values, by name."""
    return {name: field.input_field() for name, field in _FIELDS.items()}


def names() -> set[str]:
    """All names of registered fields."""
    return set(_FIELDS)


def take_from(fields: dict[str, Any]) -> dict[str, Any]:
    """Take the values of registered fields out of the mapping, and return them."""
    return {name: fields.pop(name) for name in list(fields) if name in _FIELDS}


def save(part: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Hand each value to the app that keeps it. Returns those of before. Raises what that raises."""
    return {name: _FIELDS[name].save(part, value) for name, value in values.items()}
