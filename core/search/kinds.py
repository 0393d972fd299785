"""What is searched: kinds of rows, each with the text that it is found by. Apps register theirs in `ready()`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import Model

from core.search.tokens import Text


@dataclass(frozen=True)
class Kind:
    """Rows that can be found. `texts` takes primary keys and reads by what each row is found, in one query."""

    name: str
    model: type[Model]
    texts: Callable[[Sequence[int]], Mapping[int, Text]]


@dataclass(frozen=True)
class Belonging:
    """What belongs to rows, which are found by its text too, such as a file.

    `text` reads nothing. `read` takes a model, primary keys and whether to lock, and reads all that belongs to those
    rows: pairs of a row's primary key and what belongs to it.
    """

    name: str
    model: type[Model]
    text: Callable[[Any], Text]
    read: "Reader"

    def source(self, primary_key: int | str) -> str:
        """What the entry of one of them has as its source."""
        return f"{self.name}:{primary_key}"


class Reader(Protocol):
    """What `Belonging.read` is."""

    def __call__(self, model: type[Model], ids: Sequence[int], *, lock: bool) -> Iterable[tuple[int, Any]]:
        """All that belongs to those rows."""


_KINDS: dict[type[Model], Kind] = {}
_BELONGINGS: dict[type[Model], Belonging] = {}


def register(what: Kind | Belonging) -> None:
    """Let rows be found, or be found by what belongs to them too."""
    if isinstance(what, Kind):
        _KINDS[what.model] = what
    else:
        _BELONGINGS[what.model] = what


def kinds() -> list[Kind]:
    """All kinds, those first that were registered first."""
    return list(_KINDS.values())


def kind_of(model: type[Model]) -> Kind | None:
    """The kind of the model's rows; None when they are not searched."""
    return _KINDS.get(model)


def belongings() -> list[Belonging]:
    """All that belongs to rows."""
    return list(_BELONGINGS.values())


def belonging_of(model: type[Model]) -> Belonging:
    """How rows of this model belong to others. Raises KeyError when they do not."""
    return _BELONGINGS[model]
