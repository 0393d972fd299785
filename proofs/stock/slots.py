"""What each writer has done, in memory that it shares with the one who watches: it outlives a kill."""

import mmap
import struct
from typing import NamedTuple

_FORMAT = struct.Struct("qqqq")


class Slot(NamedTuple):
    """A writer's account. `under_way` is the number of the operation that it is at, 0 for none."""

    operations: int = 0
    refusals: int = 0
    pieces: int = 0
    under_way: int = 0


class Slots:
    """One slot for each writer."""

    def __init__(self, writers: int) -> None:
        self.writers = writers
        self._memory = mmap.mmap(-1, writers * _FORMAT.size)

    def __getitem__(self, writer: int) -> Slot:
        return Slot(*_FORMAT.unpack_from(self._memory, writer * _FORMAT.size))

    def __setitem__(self, writer: int, slot: Slot) -> None:
        # One copy of 32 bytes: a kill finds the old slot or the new one.
        start = writer * _FORMAT.size
        self._memory[start : start + _FORMAT.size] = _FORMAT.pack(*slot)

    def all(self) -> list[Slot]:
        """Every writer's."""
        return [self[writer] for writer in range(self.writers)]
