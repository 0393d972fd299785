"""Look at every state of the model that can be reached."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

# Their steps enter themselves.
from tests.protocol import roles as _roles  # noqa: F401
from tests.protocol import sweeper as _sweeper  # noqa: F401
from tests.protocol.actor import moves
from tests.protocol.model import STARTS, Process, Variant, World, broken_invariant, fault_at_rest, loss_in


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
    stored, row, references, tombstone = STARTS[start]
    first = World(
        stored, row, references, 0, tombstone, tuple(Process(role) for role in roles), variant.kills, variant.faults
    )
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
