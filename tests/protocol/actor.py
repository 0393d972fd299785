"""What a process of the model sees and can do, and everything that can happen next in a state of the world."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.protocol.model import ABSENT, DONE, STRONG, Move, Process, Request, Variant, World


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

    def locks_set_first(self) -> bool:
        return self.variant.uploads_lock_the_set_first and self.index % 2 == 1

    def set_is_locked(self) -> bool:
        return any(other.locks_set for other in self.others)

    # --- what it does ---------------------------------------------------------------------------------

    def go(self, label: str, at: str, *, world: dict[str, Any] | None = None, **mine: Any) -> Move:
        return self.become(label, self.me._replace(at=at, **mine), **(world or {}))

    def give_up(self, label: str, at: str = DONE, **world: Any) -> Move:
        return self.become(f"{label}; ROLLBACK", self.me.rolled_back(at), **world)

    def commit(self, at: str, *, refused: str) -> Iterator[Move]:
        """End the transaction. The foreign key is looked at now, and may make it wait, or refuse it."""
        world, me = self.world, self.me
        if me.reference and not me.born:
            if any(other.dies or other.lock == STRONG for other in self.others):
                return
            if not world.row:
                yield self.give_up("COMMIT refused: no such blob", refused)
                return
        if me.dies and world.used:
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
            references=world.references + (me.reference == 1),
            copies=world.copies + (me.reference == 2),
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


Step = Callable[[Actor], Iterator[Move]]
STEPS: dict[tuple[str, str], Step] = {}


def step(role: str, at: str) -> Callable[[Step], Step]:
    """Enter a function as what a role does at a place."""

    def enter(function: Step) -> Step:
        STEPS[role, at] = function
        return function

    return enter


def moves(world: World, variant: Variant) -> Iterator[Move]:
    """Everything that can happen next: a step of somebody, a kill, a late request, the end of Delta."""
    for index, process in enumerate(world.processes):
        if process.dead or process.at == DONE:
            continue
        actor = Actor(world, index, variant)
        yield from STEPS[process.role, process.at](actor)
        if world.kills:
            yield actor.become("KILLED", process.rolled_back(process.at)._replace(dead=True), kills=world.kills - 1)
        if variant.sessions_die and world.faults and process.open and process.role == "S":
            at = process.at if process.at == "deleting under lock" else DONE
            yield actor.give_up("the database session is lost", at, **actor.failed())
    for request in world.requests:
        if not _is_awaited(world, request):
            rest = world.requests - {request}
            yield (
                f"late {request.method} of {request.sender}",
                world._replace(requests=rest, stored=request.method == "PUT"),
            )
            yield f"{request.method} of {request.sender} is lost", world._replace(requests=rest)
    if world.tombstone and not world.tombstone[1]:
        token = world.tombstone[0]
        sending = variant.sweepers_keep_the_deadline and any(
            not process.dead and process.token == token and process.at in {"send", "sent"}
            for process in world.processes
        )
        alive = variant.deletes_end_in_time and any(request.token == token for request in world.requests)
        if not sending and not alive:
            yield "Delta is over", world._replace(tombstone=(token, True))


def _is_awaited(world: World, request: Request) -> bool:
    sender = world.processes[request.sender]
    waits = {"putting"} if request.method == "PUT" else {"sent", "deleting", "deleting under lock", "cleaning up"}
    return not sender.dead and sender.at in waits
