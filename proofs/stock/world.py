"""The parts and boxes that the writers quarrel about."""

from dataclasses import dataclass

from parts.services import create_part
from stock.services import create_box

MOST_PIECES = 9


@dataclass(frozen=True)
class World:
    """How many parts and boxes there are. Fewer of them mean that writers meet more often."""

    parts: int = 10
    boxes: int = 4
    capacity: int = 6
    # Drawers are emptied and parts and places come and go much more often: a lock is missed where something goes.
    restless: bool = False

    def make(self) -> None:
        """Make them."""
        for number in range(self.parts):
            create_part(description=f"Part {number} of the proof")
        for _ in range(self.boxes):
            create_box(description="A box of the proof", capacity=self.capacity)


CROWDED = World(parts=2, boxes=1, capacity=3)
RESTLESS = World(parts=3, boxes=1, capacity=3, restless=True)
