"""The columns of parts that the kits fill."""

from collections.abc import Sequence
from typing import Any

from kits.availability import reservation
from kits.models import KitContent


def kits_of(parts: Sequence[int]) -> dict[int, Any]:
    """The kits that use each of the parts with these ids, by id, in one query."""
    contents = KitContent.objects.select_related("kit").filter(part__in=parts).order_by("kit__name")
    column: dict[int, Any] = {part: [] for part in parts}
    for content in contents:
        column[content.part_id].append(reservation(content))
    return column


def used_in_kits(parts: Sequence[int]) -> dict[int, Any]:
    """Whether any kit takes each of the parts with these ids, by id, in one query."""
    rows = KitContent.objects.order_by().filter(part__in=parts).values_list("part_id", flat=True)
    return dict.fromkeys(parts, False) | dict.fromkeys(rows.distinct(), True)
