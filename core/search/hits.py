"""What a query finds, from the index alone."""

from typing import Any

from django.db.models import QuerySet
from django.utils.functional import cached_property

from core.search.kinds import Kind
from core.search.models import SearchEntry
from core.search.tokens import Term, name_tokens


def entries_with(kind: Kind, term: Term) -> "QuerySet[Any, Any]":
    """The numbers of the rows that have the term, some of them several times."""
    return SearchEntry.objects.filter(kind=kind.name, tokens__matches=[term]).values("object_id")


def ranked_entries(kind: Kind, query: str) -> list["QuerySet[Any, Any]"]:
    """The numbers of the rows whose key the query is, whose code it is, and whose code begins with it."""
    key, code = name_tokens(query)
    own = SearchEntry.objects.filter(kind=kind.name, source="").values("object_id")
    return [own.filter(tokens__matches=key), own.filter(tokens__matches=code), own.filter(tokens__matches=[(code,)])]


class Hits:
    """The primary keys of what a query finds, in order, as a paginator asks for them: a page and the count at once."""

    def __init__(self, connection: Any, kind: Kind, terms: list[Term], query: str) -> None:
        self._connection, self._kind, self._terms, self._query = connection, kind, terms, query
        self._page: tuple[slice, list[tuple[int, int]]] | None = None

    def count(self) -> int:
        """How many there are."""
        if self._page is not None and self._page[1]:
            return self._page[1][0][1]
        return self._count

    def __getitem__(self, wanted: slice) -> list[int]:
        if self._page is None or self._page[0] != wanted:
            self._page = (wanted, self._rows(wanted))
        return [key for key, _ in self._page[1]]

    @cached_property
    def _count(self) -> int:
        found, parameters = self._found()
        return int(self._run(f"SELECT COUNT(*) FROM ({found}) hits", parameters)[0][0])

    def _rows(self, wanted: slice) -> list[tuple[int, int]]:
        found, parameters = self._found()
        ranked = ranked_entries(self._kind, self._query)
        arms = []
        for place, entries in enumerate(ranked):
            sql, more = self._sql(entries)
            arms.append(f"SELECT object_id, {place} AS place FROM ({sql}) entries{place}")
            parameters += more
        # A join with the few that come first. (To group all by their ranks takes PostgreSQL minutes at times.)
        first = f"SELECT object_id, MIN(place) AS place FROM ({' UNION ALL '.join(arms)}) ranked GROUP BY object_id"
        return self._run(
            f"SELECT hits.object_id, COUNT(*) OVER () FROM ({found}) hits LEFT JOIN ({first}) first"
            " ON first.object_id = hits.object_id"
            f" ORDER BY COALESCE(first.place, {len(ranked)}), hits.object_id DESC LIMIT %s OFFSET %s",
            [*parameters, wanted.stop - wanted.start, wanted.start],
        )

    def _found(self) -> tuple[str, list[Any]]:
        """Each number once."""
        parts = [self._sql(entries_with(self._kind, term).distinct()) for term in self._terms]
        return " INTERSECT ".join(sql for sql, _ in parts), [value for _, values in parts for value in values]

    def _sql(self, entries: "QuerySet[Any, Any]") -> tuple[str, list[Any]]:
        sql, parameters = entries.query.get_compiler(connection=self._connection).as_sql()
        return sql, list(parameters)

    def _run(self, sql: str, parameters: list[Any]) -> list[Any]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())
