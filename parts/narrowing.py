"""Lists of parts that one filter alone narrows, where a table beside theirs says who has it, and how many that are.

With several filters, or words, each part has to be looked at: that takes as long as there are parts.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet

from attachments.ownership import count_owners_with_attachments
from core.api.query import FLAGS
from parts.filters import PartFilter, with_attachments
from parts.models import Part


class Narrowed:
    """Primary keys, in order, and how many there are, as a paginator asks for them."""

    def __init__(self, keys: "QuerySet[Any, Any]", count: Callable[[], int]) -> None:
        self._keys = keys
        self.count = count

    def __getitem__(self, wanted: slice) -> list[int]:
        return list(self._keys[wanted])


def narrowed_by_one(query: Mapping[str, str]) -> Narrowed | None:
    """What the filters of a query leave, which are valid; None unless one is given, and it has a quick way."""
    given = {name: text for name in PartFilter.base_filters if (text := query.get(name, "").strip())}
    if len(given) != 1:
        return None
    [(name, text)] = given.items()
    return _WAYS[name](text) if name in _WAYS else None


def _with_tag(name: str) -> Narrowed:
    rows = Part.tags.through.objects.filter(tag__name=name)
    return Narrowed(rows.order_by("part_id").values_list("part_id", flat=True), rows.count)


def _with_attachments(text: str) -> Narrowed:
    wanted = FLAGS[text.lower()]
    parts = Part.objects.all()

    def count() -> int:
        having = count_owners_with_attachments(Part)
        return having if wanted else parts.count() - having

    return Narrowed(with_attachments(parts, wanted).order_by("id").values_list("pk", flat=True), count)


_WAYS: dict[str, Callable[[str], Narrowed]] = {"tag": _with_tag, "has_attachments": _with_attachments}
