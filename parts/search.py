"""By what parts are found."""

from collections.abc import Mapping, Sequence

from core.search import Kind, Text
from parts.models import Part

_NAMES = ("key", "manufacturer_code")
# Of a text that is too long the end is not found: the longest comes last.
_WORDS = ("manufacturer", "type__name", "package", "series", "mounting_type", "dimensions", "description")


def texts(ids: Sequence[int]) -> Mapping[int, Text]:
    """The text of each of these parts that there is, tags included, in one query."""
    found: dict[int, tuple[tuple[str | None, ...], list[str | None]]] = {}
    rows = Part.objects.order_by("pk", "tags__name").filter(pk__in=ids)
    for pk, tag, *columns in rows.values_list("pk", "tags__name", *_NAMES, *_WORDS):
        found.setdefault(pk, (tuple(columns), []))[1].append(tag)
    return {pk: Text((*tags, *words), key=key, code=code) for pk, ((key, code, *words), tags) in found.items()}


PARTS = Kind("part", Part, texts)
