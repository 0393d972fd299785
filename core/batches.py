"""Reading a whole table in pieces, by primary key, with flat memory."""

from collections.abc import Callable, Iterator
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
