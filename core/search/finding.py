"""Finding rows by words: every word has to match, in the row's own text or in what belongs to it."""

from functools import reduce
from typing import Any, TypeVar

from django.db import connection
from django.db.models import BigIntegerField, Case, IntegerField, Model, QuerySet, Value, When
from django.db.models.functions import Cast, Substr

from core.search.hits import Hits, entries_with, ranked_entries
from core.search.kinds import Kind, belonging_of, kind_of
from core.search.metrics import SEARCHES
from core.search.models import SearchEntry
from core.search.tokens import Text, matches, terms_of

Row = TypeVar("Row", bound=Model)


def find(rows: "QuerySet[Row]", query: str, *, keep_order: bool = False) -> "QuerySet[Row]":
    """Those of the rows that the query finds: the exact key, the exact code, codes that begin so, then the newest.

    Blank words leave the rows and their order as they are. Raises LookupError for rows that are not searched.
    """
    if not query.strip():
        return rows
    kind = _kind(rows.model)
    terms = terms_of(query)
    if not terms:
        return rows.none()
    found = rows.filter(pk__in=hits(rows.model, query))
    return found if keep_order else found.order_by(_rank(kind, query), "-pk")


def keys(rows: "QuerySet[Any]", query: str) -> "QuerySet[Any, Any] | Hits":
    """The primary keys of `find`, for a page. Where the rows are all that there are, only the index is asked."""
    terms = terms_of(query)
    if not terms or rows.query.where or rows.query.is_empty():
        return find(rows, query).values_list("pk", flat=True)
    return Hits(connection, _kind(rows.model), terms, query)


def hits(model: type[Model], query: str) -> "QuerySet[Any, Any]":
    """The primary keys of all rows of the model that the query finds, to filter others by. None for a blank query."""
    kind = _kind(model)
    terms = terms_of(query)
    if not terms:
        return SearchEntry.objects.none().values("object_id")
    # Of sets: a chain of joins is at times planned as if each were small.
    return reduce(lambda found, other: found.intersection(other), (entries_with(kind, term) for term in terms))


def find_belongings(rows: "QuerySet[Row]", query: str) -> "QuerySet[Row]":
    """Those rows, which belong to others, that the query finds by their own text. Blank words leave all of them."""
    if not query.strip():
        return rows
    terms = terms_of(query)
    prefix = belonging_of(rows.model).source("")
    found = SearchEntry.objects.filter(source__startswith=prefix, tokens__matches=terms)
    number = Cast(Substr("source", len(prefix) + 1), BigIntegerField())
    return rows.filter(pk__in=found.values(number=number)) if terms else rows.none()


def hits_by_name(names: "QuerySet[Any, tuple[Any, ...]]", query: str) -> list[Any]:
    """Of a small table's primary keys and names those that the query finds, by the same rules. No index is needed."""
    terms = terms_of(query)
    return [key for key, *texts in names if terms and matches(terms, Text(tuple(map(str, texts))))]


def count_search(model: type[Model], *, found: bool) -> None:
    """Count a search for rows of the model, and whether it found any."""
    kind = kind_of(model)
    if kind is not None:
        SEARCHES.labels(kind.name, "found" if found else "nothing").inc()


def _rank(kind: Kind, query: str) -> Case:
    first = ranked_entries(kind, query)
    places = (When(pk__in=entries, then=Value(place)) for place, entries in enumerate(first))
    return Case(*places, default=Value(len(first)), output_field=IntegerField())


def _kind(model: type[Model]) -> Kind:
    kind = kind_of(model)
    if kind is None:
        raise LookupError(f"{model._meta.label} is not searched.")
    return kind
