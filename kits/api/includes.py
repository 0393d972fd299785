"""The columns of parts that the kits fill."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef

from kits.availability import reservation
from kits.models import KitContent


def kits_of(parts: Sequence[int]) -> dict[int, Any]:
    """The kits that use each of the parts with these ids, by id, in one query."""
    contents = KitContent.objects.select_related("kit").filter(part__in=parts).order_by("kit__name")
    column: dict[int, Any] = {part: [] for part in parts}
    for content in contents:
        column[content.part_id].append(reservation(content))
    return column


def used_in_kits() -> Exists:
    """For a query of parts: whether any kit takes it."""
    return Exists(KitContent.objects.filter(part=OuterRef("pk")))
