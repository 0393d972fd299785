"""Reading a table in pieces, by primary key, so that memory stays flat and no cursor outlives a transaction."""

from collections.abc import Iterator
from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def in_batches(rows: QuerySet[Row], size: int) -> Iterator[list[Row]]:
    """The rows in the order of their keys, at most so many at a time. Each batch is a query of its own.

    It begins where the one before ended, so that together they read the table once, whatever changes meanwhile.
    """
    batch = list(rows.order_by("pk")[:size])
    while batch:
        yield batch
        batch = list(rows.filter(pk__gt=batch[-1].pk).order_by("pk")[:size])
