"""One row: inserted, saved under its key, deleted by values.

Only the making of the SQL is saved, which is Django's own: the fields prepare their values each time, and the database
says the same of a fault.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Model, QuerySet
from django.db.models.constants import OnConflict
from django.db.models.expressions import DatabaseDefault
from django.db.models.sql import DeleteQuery, InsertQuery, UpdateQuery
from typing_extensions import override

from core.prepared.parameters import Parameter, filled, kept, with_places

Row = TypeVar("Row", bound=Model)


@dataclass
class _Statement:
    """The SQL for one connection, and what made it."""

    sql: str
    parameters: Sequence[Any]
    compiler: Any
    # What makes Python's values of what an INSERT returns.
    converters: Any = None


class PreparedModel(Model):
    """A table whose rows `save()` writes with SQL that was made before. Everything else is Django's.

    Not for fields that have a placeholder of their own, as arrays have.
    """

    class Meta:
        abstract = True

    def _do_insert(self, manager: Any, using: str, fields: Any, returning_fields: Any, raw: bool) -> Any:
        connection: Any = connections[using]
        if raw or not connection.features.can_return_columns_from_insert:
            return super()._do_insert(manager, using, fields, returning_fields, raw)  # type: ignore[misc]
        values = [field.pre_save(self, add=True) for field in fields]
        model = manager.model
        return _insert(connection, model, partial(InsertQuery, model), fields, values, returning_fields)

    # The stubs are those of a later Django, in which it has another signature.
    def _do_update(  # type: ignore[override]
        self, base_qs: Any, using: str, pk_val: Any, values: Any, update_fields: Any, forced_update: bool
    ) -> bool:
        if not values or self._meta.select_on_save or any(_is_expression(value) for *_, value in values):
            return super()._do_update(base_qs, using, pk_val, values, update_fields, forced_update)  # type: ignore[call-arg, return-value]
        fields = [field for field, *_ in values]
        new = [value for *_, value in values]
        return _update(connections[using], base_qs, fields, new, pk_val) > 0


class PreparedInsert(Generic[Row]):
    """An INSERT of a row that may be there already. It sends no signals and gives nothing back, not even a key."""

    def __init__(
        self, model: type[Row], *, unique_fields: Sequence[str] = (), update_fields: Sequence[str] = ()
    ) -> None:
        """A row that has the same in `unique_fields` gets the new values of `update_fields`; without them it stays."""
        self._query = partial(
            InsertQuery,
            model,
            on_conflict=OnConflict.UPDATE if unique_fields else OnConflict.IGNORE,
            unique_fields=[model._meta.get_field(name) for name in unique_fields],
            update_fields=[model._meta.get_field(name) for name in update_fields],
        )

    def __call__(self, row: Row) -> None:
        """Insert the row, in one statement."""
        meta = row._meta
        left_out = None if row.pk is not None else meta.auto_field
        fields = [field for field in meta.local_concrete_fields if not field.generated and field is not left_out]
        values = [field.pre_save(row, add=True) for field in fields]
        with transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS):
            _insert(connections[DEFAULT_DB_ALIAS], self, self._query, fields, values)


class _PreparedChange:
    """A change of the rows of a queryset, in one statement that sends no signals."""

    def __init__(self, make: "Callable[..., QuerySet[Any]]") -> None:
        self._make = make

    def __call__(self, *values: str | int) -> int:
        """Change the rows with these values in the places. Returns how many they are."""
        connection: Any = connections[DEFAULT_DB_ALIAS]
        statement = kept(connection, self, lambda: _compiled(self._changed(with_places(self._make).query), connection))
        with transaction.mark_for_rollback_on_error(DEFAULT_DB_ALIAS), connection.cursor() as cursor:
            cursor.execute(statement.sql, filled(statement.parameters, values))
            return int(cursor.rowcount)

    def _changed(self, rows: Any) -> Any:
        raise NotImplementedError


class PreparedUpdate(_PreparedChange):
    """An UPDATE by texts and whole numbers. `make` takes their places, and returns the queryset of the rows."""

    def __init__(self, make: "Callable[..., QuerySet[Any]]", **new: Any) -> None:
        """`new` are the values that all of the rows get."""
        super().__init__(make)
        self._new = new

    @override
    def _changed(self, rows: Any) -> Any:
        query = rows.chain(UpdateQuery)
        query.add_update_values(self._new)
        return query


class PreparedDelete(_PreparedChange):
    """A DELETE of such rows. What refers to them neither goes nor changes with them."""

    @override
    def _changed(self, rows: Any) -> Any:
        return rows.chain(DeleteQuery)


def _insert(
    connection: Any,
    key: Hashable,
    make_query: Callable[[], Any],
    fields: Sequence[Any],
    values: Sequence[Any],
    returning: Sequence[Any] = (),
) -> list[Any]:
    """Insert the row with what the query says of conflicts; with the same key they all say the same.

    Returns the row with the `returning` fields, if there are any.
    """
    # A default of the database stands in the statement; values have places there.
    expressions = {field.attname: value for field, value in zip(fields, values, strict=True) if _is_expression(value)}

    def make() -> _Statement:
        query = make_query()
        places = {field.attname: Parameter(position) for position, field in enumerate(fields)}
        query.insert_values(fields, [SimpleNamespace(**{**places, **expressions})], raw=True)
        compiler = query.get_compiler(connection=connection)
        compiler.returning_fields = returning
        [(sql, parameters)] = compiler.as_sql()
        columns = [field.get_col(field.model._meta.db_table) for field in returning]
        return _Statement(sql, parameters, compiler, compiler.get_converters(columns))

    if all(isinstance(value, DatabaseDefault) for value in expressions.values()):
        names = tuple(field.attname for field in fields)
        statement = kept(connection, (key, "insert", names, tuple(expressions)), make)
    else:
        statement = make()
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, filled(statement.parameters, _for_database(connection, fields, values)))
        if not returning:
            return []
        row = connection.ops.fetch_returned_insert_columns(cursor, statement.compiler.returning_params)
    return list(statement.compiler.apply_converters([row], statement.converters))


def _update(connection: Any, rows: Any, fields: Sequence[Any], values: Sequence[Any], pk: Any) -> int:
    """Give the row with this key, if it is one of `rows`, these values. Returns how many such rows there are."""

    def make() -> _Statement:
        query = rows.filter(pk=Parameter(len(fields))).query.chain(UpdateQuery)
        query.add_update_fields([(field, None, Parameter(position)) for position, field in enumerate(fields)])
        return _compiled(query, connection)

    statement = kept(connection, (rows.model, "update", tuple(field.attname for field in fields)), make)
    with connection.cursor() as cursor:
        prepared = _for_database(connection, [*fields, rows.model._meta.pk], [*values, pk])
        cursor.execute(statement.sql, filled(statement.parameters, prepared))
        return int(cursor.rowcount)


def _compiled(query: Any, connection: Any) -> _Statement:
    compiler = query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    return _Statement(sql, parameters, compiler)


def _for_database(connection: Any, fields: Sequence[Any], values: Sequence[Any]) -> list[Any]:
    return [field.get_db_prep_save(value, connection) for field, value in zip(fields, values, strict=True)]


def _is_expression(value: Any) -> bool:
    return hasattr(value, "resolve_expression")
