"""The places of values in a statement, and where statements are kept."""

import inspect
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

from django.db.models import Expression, QuerySet

Made = TypeVar("Made")

_KEPT_AS = "_prepared_statements"


class Parameter(Expression):
    """The place of a value in a statement: each time it is sent another one."""

    def __init__(self, position: int) -> None:
        super().__init__()
        self.position = position

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """A place, and this as its value."""
        return "%s", [self]


def with_places(make: "Callable[..., QuerySet[Any, Any]]", places: int | None = None) -> "QuerySet[Any, Any]":
    """The queryset that `make` returns when it gets so many places, or as many as its signature names."""
    count = len(inspect.signature(make).parameters) if places is None else places
    return make(*map(Parameter, range(count)))


def filled(parameters: Sequence[Any], values: Sequence[Any]) -> list[Any]:
    """The parameters of a statement, with values in their places."""
    return [values[given.position] if isinstance(given, Parameter) else given for given in parameters]


def kept(connection: Any, key: Hashable, make: Callable[[], Made]) -> Made:
    """What was made under this key for the connection, which belongs to one thread; gone with it."""
    statements: dict[Hashable, Made] = vars(connection).setdefault(_KEPT_AS, {})
    made = statements.get(key)
    if made is None:
        made = statements[key] = make()
    return made
