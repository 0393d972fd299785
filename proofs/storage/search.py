"""Look at every state of the model that can be reached."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from proofs.storage import roles as steps
from proofs.storage.actor import Actor
from proofs.storage.model import (
    DONE,
    LOST,
    STARTS,
    Move,
    Process,
    Request,
    Variant,
    World,
    broken_invariant,
    fault_at_rest,
    loss_in,
)
from proofs.storage.sweeper import sweep

STEPS: dict[str, Callable[[Actor], Iterator[Move]]] = {
    "U": steps.upload,
    "C": steps.copy,
    "D": steps.delete,
    "R": steps.restore,
    "E": steps.give_up,
    "W": steps.delete_owner,
    "A": steps.adopt,
    "S": sweep,
}


@dataclass(frozen=True)
class Result:
    """What a search found: how many states, and the shortest way to a fault, if there is one."""

    states: int
    fault: str = ""
    way: tuple[str, ...] = ()


def search(variant: Variant, roles: str, start: str, *, only_losses: bool = False) -> Result:
    """Look at every state that these processes can reach, nearest first, until one has a fault.

    Rejected designs break invariants before they lose a file, or do not have them: `only_losses` goes on until then.
    """
    stored, row, references, removed, tombstone = STARTS[start]
    processes = tuple(Process(role) for role in roles)
    first = World(stored, row, references, 0, tombstone, processes, variant.kills, variant.faults, removed=removed)
    came_from: dict[World, tuple[World, str] | None] = {first: None}
    waiting = deque([first])
    while waiting:
        world = waiting.popleft()
        following = list(moves(world, variant))
        fault = loss_in(world) or ("" if only_losses else broken_invariant(world, variant))
        fault = fault or ("" if following else fault_at_rest(world))
        if fault:
            return Result(len(came_from), fault, tuple(_way(came_from, world)))
        for label, after in following:
            if after not in came_from:
                came_from[after] = (world, label)
                waiting.append(after)
    return Result(len(came_from))


def _way(came_from: dict[World, tuple[World, str] | None], world: World) -> Iterator[str]:
    labels = []
    while (step := came_from[world]) is not None:
        world, label = step
        labels.append(label)
    return reversed(labels)


def moves(world: World, variant: Variant) -> Iterator[Move]:
    """Everything that can happen next: a step of somebody, a kill, a late request, the end of Delta."""
    for index, process in enumerate(world.processes):
        if process.dead or process.at in {DONE, LOST}:
            continue
        actor = Actor(world, index, variant)
        yield from STEPS[process.role](actor)
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
    waits = (
        {"putting", "early putting"}
        if request.method == "PUT"
        else {"sent", "deleting", "deleting under lock", "cleaning up"}
    )
    return not sender.dead and sender.at in waits
