"""One random operation on stock. What it may answer is a change or a refusal with a sentence, nothing else."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.errors import InventoryError
from parts.models import Part
from parts.services import create_part, delete_part
from proofs.stock.world import MOST_PIECES, World
from stock import services
from stock.models import Box, Location, Movement, Stock


@dataclass(frozen=True)
class Outcome:
    """By how many pieces the total changed, which movement was taken back, and how a refusal reads."""

    delta: int = 0
    reversed_id: int | None = None
    refusal: str = ""


class Operations:
    """Random operations of one writer. `note` marks its movements, so that others can look for them."""

    def __init__(self, chance: random.Random, world: World) -> None:
        self.chance = chance
        self.world = world
        kinds: list[tuple[int, Callable[[str], Outcome]]] = [
            (32, self.add),
            (24, self.remove),
            (20, self.move),
            (10, self.reverse),
            (7, self.resize),
            (2, self.renumber),
            (2, self.replace_box),
            (3, self.replace_part),
        ]
        if world.restless:
            kinds = [(40, self.add), (30, self.empty), (15, self.resize), (15, self.replace_part)]
        self.weights = [weight for weight, _ in kinds]
        self.kinds = [kind for _, kind in kinds]

    def one(self, note: str) -> Outcome:
        """Do one. Raises what nobody foresaw."""
        [kind] = self.chance.choices(self.kinds, self.weights)
        try:
            return kind(note)
        except InventoryError as error:
            if not str(error).endswith("."):
                raise
            return Outcome(refusal=error.code)

    def add(self, note: str) -> Outcome:
        """Pieces into a place."""
        part, (box_no, loc_no) = self._part(), self._place()
        quantity = self._quantity()
        services.add(part=part, box_no=box_no, loc_no=loc_no, quantity=quantity, note=note)
        return Outcome(quantity)

    def remove(self, note: str) -> Outcome:
        """Pieces out of a place, perhaps more than there are."""
        part, (box_no, loc_no) = self._part(), self._place()
        quantity = self._quantity()
        services.remove(part=part, box_no=box_no, loc_no=loc_no, quantity=quantity, note=note)
        return Outcome(-quantity)

    def empty(self, note: str) -> Outcome:
        """All that lies somewhere, out of there."""
        rows = list(Stock.objects.select_related("part", "location__box"))
        if not rows:
            return Outcome()
        row = self.chance.choice(rows)
        box_no, loc_no = row.location.box.number, row.location.number
        services.remove(part=row.part, box_no=box_no, loc_no=loc_no, quantity=row.quantity, note=note)
        return Outcome(-row.quantity)

    def move(self, note: str) -> Outcome:
        """From place to place, perhaps the same one."""
        part, source, target = self._part(), self._place(), self._place()
        services.move(
            part=part,
            from_box_no=source[0],
            from_loc_no=source[1],
            to_box_no=target[0],
            to_loc_no=target[1],
            quantity=self._quantity(),
            note=note,
        )
        return Outcome()

    def reverse(self, note: str) -> Outcome:
        """One of the latest movements, perhaps one that was taken back."""
        latest = list(Movement.objects.newest_first().values_list("pk", flat=True)[:40])
        if not latest:
            return Outcome()
        movement_id = self.chance.choice(latest)
        reversal = services.reverse(movement_id, note=note)
        return Outcome(reversal.delta, movement_id)

    def resize(self, note: str) -> Outcome:
        """A box gets more places, or fewer."""
        services.change_box(self._box(), description="Resized", capacity=self.chance.randint(1, self.world.capacity))
        return Outcome()

    def renumber(self, note: str) -> Outcome:
        """A box gets another number, perhaps one that is taken."""
        services.renumber_box(self._box(), self.chance.randint(1, 50))
        return Outcome()

    def replace_box(self, note: str) -> Outcome:
        """A box goes, if it is empty, and another one comes."""
        services.delete_box(self._box())
        services.create_box(description="Another", capacity=self.world.capacity)
        return Outcome()

    def replace_part(self, note: str) -> Outcome:
        """A part goes, if there is none of it, and another one comes."""
        delete_part(self._part())
        create_part(description="Another")
        return Outcome()

    def _part(self) -> Part:
        parts: list[Part] = list(Part.objects.order_by("pk"))
        return self.chance.choice(parts) if parts else create_part(description="The only one")

    def _box(self) -> int:
        numbers: list[int] = list(Box.objects.values_list("number", flat=True))
        return self.chance.choice(numbers) if numbers else 1

    def _place(self) -> tuple[int, int]:
        places: list[Any] = list(Location.objects.values_list("box__number", "number"))
        return self.chance.choice(places) if places and self.chance.random() < 0.98 else (self.chance.randint(1, 9), 9)

    def _quantity(self) -> int:
        return self.chance.randint(1, MOST_PIECES)
