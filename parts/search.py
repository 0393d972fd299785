"""By what parts are found."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet

from core.prepared import PreparedQuery
from core.search import Kind, Text
from parts.models import Part

_NAMES = ("key", "manufacturer_code")
# Of a text that is too long the end is not found: the longest comes last.
_WORDS = ("manufacturer", "type__name", "package", "series", "mounting_type", "dimensions", "description")
_COLUMNS = ("pk", "tags__name", *_NAMES, *_WORDS)


def _rows(parts: QuerySet[Part]) -> QuerySet[Part, Any]:
    rows: QuerySet[Part, Any] = parts.order_by("pk", "tags__name").values(*_COLUMNS)
    return rows


# Each change of a part asks for its own.
_ROWS_OF_ONE: PreparedQuery[Any] = PreparedQuery(lambda pk: _rows(Part.objects.filter(pk=pk)))


def texts(ids: Sequence[int]) -> Mapping[int, Text]:
    """The text of each of these parts that there is, tags included, in one query."""
    found: dict[int, Text] = {}
    rows = _ROWS_OF_ONE(ids[0]) if len(ids) == 1 else _rows(Part.objects.filter(pk__in=ids))
    for pk, of_part in groupby(rows, itemgetter("pk")):
        several = list(of_part)
        words = (*(row["tags__name"] for row in several), *itemgetter(*_WORDS)(several[0]))
        found[pk] = Text(words, key=several[0]["key"], code=several[0]["manufacturer_code"])
    return found


PARTS = Kind("part", Part, texts)
