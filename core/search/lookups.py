"""`tokens__matches=terms`: which entries have, for each term, a token that begins with it. For each database its way.

PostgreSQL: a GIN index on the tokens as a tsvector. SQLite: an FTS5 table (`core.search.tables`). No token holds
anything that could end the quotes around it in either.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Lookup

from core.search.tables import ENTRIES, FTS_TABLE

# Each a list of alternatives; or one token.
_Terms = str | Sequence[Sequence[str]]

_FTS_ROWS = f"SELECT rowid FROM {FTS_TABLE} WHERE {FTS_TABLE} MATCH %s"


class Matches(Lookup[Any]):
    """The right side is a list of terms, or one token, which has to be there exactly."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """With the index on the same expression."""
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left}::tsvector @@ %s::tsquery", [*parameters, _tsquery(self.rhs)]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """By the numbers of the entries."""
        table = compiler.quote_name_unless_alias(self.lhs.alias)
        return f"{table}.id IN ({_FTS_ROWS})", [_fts_query(self.rhs)]


def few_entries(connection: Any, term: Sequence[str], most: int) -> list[int] | None:
    """The primary keys of all entries that have the term; None when they are more than so many.

    Where there are many, no more than the beginning is read.
    """
    if connection.vendor == "postgresql":
        # Materialized, which is done row by row: or the limit makes it read the table instead of the index.
        found = f"SELECT id FROM {ENTRIES} WHERE tokens::tsvector @@ %s::tsquery"
        sql, query = f"WITH found AS MATERIALIZED ({found}) SELECT id FROM found LIMIT %s", _tsquery([term])
    else:
        sql, query = f"{_FTS_ROWS} LIMIT %s", _fts_query([term])
    with connection.cursor() as cursor:
        cursor.execute(sql, [query, most + 1])
        keys = [key for (key,) in cursor.fetchall()]
    return keys if len(keys) <= most else None


def _tsquery(terms: _Terms) -> str:
    return _query(terms, "'{}':*", "'{}'", "&", "|")


def _fts_query(terms: _Terms) -> str:
    return _query(terms, '"{}"*', '"{}"', "AND", "OR")


def _query(terms: _Terms, prefix: str, exact: str, both: str, either: str) -> str:
    if isinstance(terms, str):
        return exact.format(terms)
    as_prefix: Callable[[str], str] = prefix.format
    return f" {both} ".join(f"({f' {either} '.join(map(as_prefix, term))})" for term in terms)
