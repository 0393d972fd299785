"""Reading a table in pieces, by primary key: whole tables with flat memory, and the rows of one page."""

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from django.db.models import QuerySet

Row = TypeVar("Row")


def in_batches(
    rows: "QuerySet[Any, Row]", size: int, *, key: Callable[[Row], Any] = attrgetter("pk")
) -> Iterator[list[Row]]:
    """The rows in the order of their primary keys, at most so many at a time. Each batch is a query of its own.

    It begins where the one before ended, so that together they read the table once, whatever changes meanwhile.
    """
    batch = list(rows.order_by("pk")[:size])
    while batch:
        yield batch
        batch = list(rows.filter(pk__gt=key(batch[-1])).order_by("pk")[:size])


def rows_of(rows: "QuerySet[Any, dict[str, Any]]", keys: Sequence[Any]) -> list[dict[str, Any]]:
    """The rows with these primary keys, in their order; those that are gone meanwhile are left out.

    A page of a long list is its keys first: what the query computes or joins for a row is done for these alone.
    """
    found = {row["id"]: row for row in rows.filter(pk__in=keys)}
    return [found[key] for key in keys if key in found]
