"""What a query finds, from the index alone."""

from collections import defaultdict
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import Length
from django.utils.functional import cached_property

from core.search.kinds import Kind
from core.search.lookups import few_entries
from core.search.models import SearchEntry
from core.search.tokens import Term, has_all, name_tokens, seldom_first


def entries_with(kind: Kind, term: Term) -> "QuerySet[Any, Any]":
    """The numbers of the rows that have the term, some of them several times."""
    return SearchEntry.objects.filter(kind=kind.name, tokens__matches=[term]).values("object_id")


def ranked_entries(kind: Kind, query: str) -> list["QuerySet[Any, Any]"]:
    """The numbers of the rows whose key the query is, whose code it is, and whose code begins with it."""
    key, code = name_tokens(query)
    own = SearchEntry.objects.filter(kind=kind.name, source="").values("object_id")
    return [own.filter(tokens__matches=key), own.filter(tokens__matches=code), own.filter(tokens__matches=[(code,)])]


class Hits:
    """The primary keys of what a query finds, in order, as a paginator asks for them: a page and the count at once.

    Where few entries have one of the terms, these are looked at; else the database combines what has each of them.
    """

    # So many entries are looked at one by one, which takes a few hundredths of a second.
    most_looked_at = 1000
    # And so many characters of all entries of their rows.
    most_read = 1_000_000

    def __init__(self, connection: Any, kind: Kind, terms: list[Term], query: str) -> None:
        self._connection, self._kind, self._terms, self._query = connection, kind, terms, query
        self._page: tuple[slice, list[tuple[int, int]]] | None = None

    def count(self) -> int:
        """How many there are."""
        if self._few is not None:
            return len(self._few)
        if self._page is not None and self._page[1]:
            return self._page[1][0][1]
        return self._count

    def __getitem__(self, wanted: slice) -> list[int]:
        if self._few is not None:
            return self._few[wanted]
        if self._page is None or self._page[0] != wanted:
            self._page = (wanted, self._rows(wanted))
        return [key for key, _ in self._page[1]]

    @cached_property
    def _few(self) -> list[int] | None:
        """All of them, in order, if one of the terms is in few entries."""
        for term in self._terms_that_may_be_rare():
            entries = few_entries(self._connection, term, self.most_looked_at)
            if entries is not None:
                return self._among(entries)
        return None

    def _terms_that_may_be_rare(self) -> list[Term]:
        """One or two letters of several words are hardly rare, and what begins with them takes long to collect."""
        ordered = seldom_first(self._terms)
        return [term for term in ordered if len(term[0]) > 2] or ordered

    def _among(self, entries: list[int]) -> list[int] | None:
        """Of the rows with these entries those that are found, in order; None if there is too much to read."""
        own = SearchEntry.objects.filter(kind=self._kind.name)
        rows = set(own.filter(pk__in=entries).values_list("object_id", flat=True))
        length = own.filter(object_id__in=rows).aggregate(length=Sum(Length("tokens")))["length"] or 0
        if length > self.most_read:
            return None
        tokens: dict[int, list[str]] = defaultdict(list)
        for key, text in own.filter(object_id__in=rows).values_list("object_id", "tokens"):
            tokens[key] += text.split()
        found = [key for key in rows if has_all(self._terms, tokens[key])]
        return sorted(found, key=lambda key: (self._place(tokens[key]), -key))

    def _place(self, tokens: list[str]) -> int:
        """As `ranked_entries` has them."""
        key, code = name_tokens(self._query)
        ranks = (key in tokens, code in tokens, any(token.startswith(code) for token in tokens))
        return ranks.index(True) if True in ranks else len(ranks)

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
