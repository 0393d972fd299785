"""What a process of the model sees and can do."""

from collections.abc import Iterator
from typing import Any

from proofs.storage.model import ABSENT, DONE, STRONG, Move, Process, Request, Variant, World


class Actor:
    """One process in one state of the world: what it sees, and what becomes of the world when it does something."""

    def __init__(self, world: World, index: int, variant: Variant) -> None:
        self.world, self.index, self.variant = world, index, variant
        self.me = world.processes[index]
        self.others = [process for number, process in enumerate(world.processes) if number != index]

    # --- what it sees ---------------------------------------------------------------------------------

    def may_begin(self) -> bool:
        return not self.variant.sqlite or not any(other.open for other in self.others)

    def insert_waits(self) -> bool:
        return any(other.born or other.dies for other in self.others)

    def row_is_locked(self) -> bool:
        return any(other.lock or other.dies for other in self.others)

    def tombstone_is_locked(self) -> bool:
        return any(other.locks_tombstone for other in self.others)

    def set_is_locked(self) -> bool:
        return any(other.locks_set for other in self.others)

    def checked_references(self) -> int:
        """Those that the collector and the database know of."""
        return self.world.used if self.variant.removed_counts else self.world.shown

    # --- what it does ---------------------------------------------------------------------------------

    def go(self, label: str, at: str, *, world: dict[str, Any] | None = None, **mine: Any) -> Move:
        return self.become(label, self.me._replace(at=at, **mine), **(world or {}))

    def give_up(self, label: str, at: str = DONE, **world: Any) -> Move:
        return self.become(f"{label}; ROLLBACK", self.me.rolled_back(at), **world)

    def commit(self, at: str, *, refused: str) -> Iterator[Move]:
        """End the transaction. The foreign key is looked at now, and may make it wait, or refuse it."""
        world, me = self.world, self.me
        is_checked = self.variant.removed_counts or me.reference != 3
        if me.reference and is_checked and not me.born:
            if any(other.dies or other.lock == STRONG for other in self.others):
                return
            if not world.row:
                yield self.give_up("COMMIT refused: no such blob", refused)
                return
        if me.dies and self.checked_references():
            yield self.give_up("COMMIT refused: still referenced", refused)
            return
        row = me.born or world.row
        if me.mark is not None and row:
            row = me.mark
        tombstone = world.tombstone
        if me.purge is not None:
            tombstone = None if isinstance(me.purge, str) else (me.purge, False)
        yield self.become(
            "COMMIT",
            me.rolled_back(at),
            row=ABSENT if me.dies else row,
            tombstone=tombstone,
            references=world.references + (me.reference == 1) - (me.leaves == 1),
            copies=world.copies + (me.reference == 2),
            removed=world.removed + (me.reference == 3) - (me.leaves == 3),
        )

    def request(self, method: str) -> Request:
        return Request(method, self.index, self.me.token if method == "DELETE" else None)

    def send(self, method: str, at: str) -> Move:
        return self.go(f"send {method}", at, world={"requests": self.world.requests | {self.request(method)}})

    def answered(self, method: str) -> dict[str, Any]:
        return {"requests": self.world.requests - {self.request(method)}, "stored": method == "PUT"}

    def failed(self) -> dict[str, Any]:
        return {"faults": self.world.faults - 1}

    def become(self, label: str, me: Process, **world: Any) -> Move:
        processes = self.world.processes
        changed = (*processes[: self.index], me, *processes[self.index + 1 :])
        return f"{me.role}{self.index}: {label}", self.world._replace(processes=changed, **world)
