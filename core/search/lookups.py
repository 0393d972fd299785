"""`tokens__matches=terms`: which entries have, for each term, a token that begins with it. For each database its way.

PostgreSQL: a GIN index on the tokens as a tsvector. SQLite: an FTS5 table (`core.search.tables`). No token holds
anything that could end the quotes around it in either.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Lookup

from core.search.tables import FTS_TABLE


class Matches(Lookup[Any]):
    """The right side is a list of terms, or one token, which has to be there exactly."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """With the index on the same expression."""
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left}::tsvector @@ %s::tsquery", [*parameters, _query(self.rhs, "'{}':*", "'{}'", "&", "|")]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """By the numbers of the entries."""
        table = compiler.quote_name_unless_alias(self.lhs.alias)
        found = f"SELECT rowid FROM {FTS_TABLE} WHERE {FTS_TABLE} MATCH %s"
        return f"{table}.id IN ({found})", [_query(self.rhs, '"{}"*', '"{}"', "AND", "OR")]


def few_entries(connection: Any, term: Sequence[str], most: int) -> list[int] | None:
    """The primary keys of all entries that have the term; None when they are more than so many.

    Where there are many, no more than the beginning is read.
    """
    if connection.vendor == "postgresql":
        # Materialized, which is done row by row: or the limit makes it read the table instead of the index.
        sql = (
            "WITH found AS MATERIALIZED (SELECT id FROM core_searchentry WHERE tokens::tsvector @@ %s::tsquery)"
            " SELECT id FROM found LIMIT %s"
        )
        query = _query([term], "'{}':*", "'{}'", "&", "|")
    else:
        sql = f"SELECT rowid FROM {FTS_TABLE} WHERE {FTS_TABLE} MATCH %s LIMIT %s"
        query = _query([term], '"{}"*', '"{}"', "AND", "OR")
    with connection.cursor() as cursor:
        cursor.execute(sql, [query, most + 1])
        found = [key for (key,) in cursor.fetchall()]
    return found if len(found) <= most else None


def _query(terms: str | Sequence[Sequence[str]], prefix: str, exact: str, both: str, either: str) -> str:
    if isinstance(terms, str):
        return exact.format(terms)
    as_prefix: Callable[[str], str] = prefix.format
    return f" {both} ".join(f"({f' {either} '.join(map(as_prefix, term))})" for term in terms)
