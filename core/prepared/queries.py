"""Queries by values: for one row, or for the rows of many keys."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.query import ModelIterable
from django.db.transaction import TransactionManagementError

from core.prepared.parameters import filled, kept, with_places

Row = TypeVar("Row")

_LARGEST = 2**63 - 1


@dataclass
class _Made:
    """The SQL for one connection, and what makes Python's values and rows of its answers."""

    sql: str
    parameters: list[Any]
    compiler: Any
    converters: Any
    row: Callable[[Any], Any]
    locks: bool


class PreparedQuery(Generic[Row]):
    """A query by texts and whole numbers, for equality. `make` takes their places, and returns the queryset.

    The queryset is one of whole models, without relations, or of `values()`.
    """

    def __init__(self, make: "Callable[..., QuerySet[Any, Row]]", *, places: int | None = None) -> None:
        """`places` is how many `make` takes, when its signature does not say."""
        self._make = make
        self._places = places

    def __call__(self, *values: str | int) -> list[Row]:
        """The rows, in one statement. Raises TransactionManagementError when it locks them outside of a transaction."""
        if any(isinstance(value, int) and abs(value) > _LARGEST for value in values):
            # No column holds it, and not every driver can send it.
            return []
        connection: Any = connections[DEFAULT_DB_ALIAS]
        made = kept(connection, self, lambda: self._prepare(connection))
        if made.locks and not connection.in_atomic_block:
            raise TransactionManagementError("Rows are locked in a transaction only.")
        with connection.cursor() as cursor:
            cursor.execute(made.sql, filled(made.parameters, values))
            rows = cursor.fetchall()
        if made.converters:
            rows = made.compiler.apply_converters(rows, made.converters)
        return [made.row(row) for row in rows]

    def first(self, *values: str | int) -> Row | None:
        """The first of the rows, or None."""
        return next(iter(self(*values)), None)

    def _prepare(self, connection: BaseDatabaseWrapper) -> _Made:
        queryset: Any = with_places(self._make, self._places)
        compiler = queryset.query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        columns = [column for column, *_ in compiler.select]
        return _Made(
            sql,
            list(parameters),
            compiler,
            compiler.get_converters(columns),
            _row_maker(queryset, connection, columns),
            queryset.query.select_for_update,
        )


class PreparedBatch(Generic[Row]):
    """A query by many whole numbers, for `__in`. `make` takes their places, any number, and returns the queryset.

    Its rows must not depend on how often a number is given: SQL is made for a few sizes, and what lacks is filled up
    with the last number.
    """

    _SIZES = (10, 50, 200, 1000)

    def __init__(self, make: "Callable[..., QuerySet[Any, Row]]") -> None:
        self._queries = {size: PreparedQuery(make, places=size) for size in self._SIZES}

    def __call__(self, numbers: Sequence[int]) -> list[Row]:
        """The rows, in one statement for each thousand numbers."""
        rows: list[Row] = []
        for start in range(0, len(numbers), self._SIZES[-1]):
            batch = numbers[start : start + self._SIZES[-1]]
            size = next(size for size in self._SIZES if size >= len(batch))
            rows += self._queries[size](*batch, *[batch[-1]] * (size - len(batch)))
        return rows


def _row_maker(queryset: Any, connection: BaseDatabaseWrapper, columns: list[Any]) -> Callable[[Any], Any]:
    if issubclass(queryset._iterable_class, ModelIterable):
        names = [column.target.attname for column in columns]
        return lambda row: queryset.model.from_db(connection.alias, names, row)
    names = list(queryset.query.selected)
    return lambda row: dict(zip(names, row, strict=True))
