"""Counts of what refers to a row, beside the rows of a list."""

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce


def count_of(rows: QuerySet[Any], column: str, *, ref: str = "pk") -> Coalesce:
    """How many of the rows have in `column` what the annotated row has in `ref`.

    No join: it is counted for the rows that are shown, and for no others.
    """
    same = rows.order_by().filter(**{column: OuterRef(ref)})
    counted = same.values(column).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
