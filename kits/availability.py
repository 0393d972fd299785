"""What a kit can count on: stock, less what other kits reserve. Three queries for a whole kit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from kits.models import Kit, KitContent
from stock.services import totals


@dataclass(frozen=True)
class Availability:
    """The numbers of one row of a kit."""

    total_required: int
    in_stock: int
    # By other active kits.
    reserved: int
    reservations: list[dict[str, Any]] = field(default_factory=list)

    @property
    def available(self) -> int:
        """What other kits leave."""
        return max(self.in_stock - self.reserved, 0)

    @property
    def shortfall(self) -> int:
        """How many are missing."""
        return max(self.total_required - self.available, 0)


def availability(kit: Kit, contents: Sequence[KitContent]) -> dict[int, Availability]:
    """The numbers of these rows of the kit, by their ids. Two queries."""
    parts = [content.part_id for content in contents]
    stock = totals(parts)
    reservations: dict[int, list[dict[str, Any]]] = {part: [] for part in parts}
    for other in active_contents(parts).exclude(kit=kit):
        reservations[other.part_id].append(reservation(other))
    return {
        content.pk: Availability(
            total_required=content.required_per_unit * kit.build_target,
            in_stock=stock[content.part_id],
            reserved=reserved_by(reservations[content.part_id]),
            reservations=reservations[content.part_id],
        )
        for content in contents
    }


def active_contents(parts: Iterable[int]) -> QuerySet[KitContent]:
    """The rows of active kits that take these parts, with their kits, by the kit's name."""
    rows = KitContent.objects.select_related("kit").filter(part__in=list(parts), kit__status=Kit.Status.ACTIVE)
    return rows.order_by("kit__name", "kit_id")


def needed_parts() -> QuerySet[KitContent, int]:
    """The ids of the parts that active kits take."""
    rows = KitContent.objects.order_by().filter(kit__status=Kit.Status.ACTIVE)
    return rows.values_list("part_id", flat=True)


def reservation(content: KitContent) -> dict[str, Any]:
    """What a kit reserves of a part; an archived one reserves nothing."""
    kit = content.kit
    return {
        "kit_id": kit.pk,
        "kit_name": kit.name,
        "status": kit.status,
        "build_target": kit.build_target,
        "required_per_unit": content.required_per_unit,
        "reserved_quantity": 0 if kit.is_archived else content.required_per_unit * kit.build_target,
        "updated_at": content.updated_at,
    }


def reserved_by(reservations: Iterable[dict[str, Any]]) -> int:
    """Their sum."""
    return sum(entry["reserved_quantity"] for entry in reservations)
