"""A small model of the blob protocol, searched completely: every order of steps, kills, and answers of the store.

One content is enough, because contents do not interact, and one attachment set, which uploads, deletes and the deletion
of the owner lock. Copies take no lock here, so that what is found does not depend on one. `roles` and `sweeper`
have the steps, `search` goes through them.

In every state that can be reached: a committed reference has its blob row and its object; a row and a tombstone are
never both there (I0); a committed row has its object (I4). In every state in which nothing can happen any more: no
process waits for another, and one undisturbed round of the collector leaves no garbage and loses nothing.
"""

from dataclasses import dataclass
from typing import NamedTuple

# The blob's row. The last is only known to the rejected design with a state column.
ABSENT, LIVE, CONDEMNED, PURGING = range(4)
# Its lock: NO KEY UPDATE, or UPDATE. Any two exclude each other; the foreign key's check only minds the second.
WEAK, STRONG = 1, 2
DONE = "done"
# Where a process ends whose file is gone although nobody wanted that.
LOST = "lost"
NO_TOMBSTONE = "remove"


@dataclass(frozen=True)
class Variant:
    """The protocol, or what becomes of it when one thing is done otherwise."""

    sqlite: bool = False  # One write transaction at a time.
    uploads_send_first: bool = True  # Step 0a, outside the transaction.
    uploads_trust_what_they_sent: bool = False  # No stat in the transaction after it.
    uploads_lock_the_row: bool = True
    uploads_see_tombstones: bool = True
    uploads_look: bool = True  # stat, instead of trusting the row.
    uploads_trust_condemned_rows: bool = False
    uploads_clean_up: bool = False  # DELETE in an except branch.
    uploads_lock_the_set_first: bool = False  # Every second one of them.
    tombstones: bool = True
    tombstones_after_commit: bool = False
    tombstones_go_by_token: bool = True
    deletes_under_lock: bool = False
    weak_sweeper_lock: bool = False
    state_column: bool = False
    deletes_end_in_time: bool = True  # A3: after Delta no DELETE is alive.
    sweepers_keep_the_deadline: bool = True
    client_retries: bool = False
    sessions_die: bool = False  # Those of sweepers, under a living process.
    adopts: bool = True  # Instead of deleting objects without a row.
    adopter_looks_again: bool = True
    moves_at_once: bool = True  # From the set to what was removed, and back, in one transaction.
    removed_counts: bool = True  # What was removed refers to the blob, by a foreign key.
    kills: int = 1
    faults: int = 1


class Process(NamedTuple):
    """Where somebody is, and what of their open transaction the others do not see yet."""

    role: str
    at: str = "begin"
    dead: bool = False
    open: bool = False
    lock: int = 0
    born: int = ABSENT
    dies: bool = False
    reference: int = 0  # 1: into the set, 2: a copy, into another, 3: among what was removed.
    leaves: int = 0  # The reference that goes in the same transaction, by the same numbers.
    purge: tuple[int, int] | str | None = None
    locks_tombstone: bool = False
    locks_set: bool = False
    mark: int | None = None
    token: tuple[int, int] | None = None
    sent: bool = False  # In step 0a.

    def rolled_back(self, at: str) -> "Process":
        return Process(self.role, at, self.dead, token=self.token)


class Request(NamedTuple):
    """Something on its way to the store."""

    method: str
    sender: int
    token: tuple[int, int] | None = None


class World(NamedTuple):
    """What is committed, what is stored, and where everybody is."""

    stored: bool
    row: int
    references: int
    copies: int
    tombstone: tuple[tuple[int, int], bool] | None  # Its token, and whether it has expired.
    processes: tuple[Process, ...]
    kills: int
    faults: int
    requests: frozenset[Request] = frozenset()
    has_set: bool = True
    removed: int = 0

    @property
    def shown(self) -> int:
        return self.references + self.copies

    @property
    def used(self) -> int:
        return self.shown + self.removed


Move = tuple[str, World]

STALE = ((9, 0), True)
# Whether the object is stored, the row, how many references there are, how many of what was removed, the tombstone.
STARTS = {
    "nothing": (False, ABSENT, 0, 0, None),
    "in use": (True, LIVE, 1, 0, None),
    "unused": (True, LIVE, 0, 0, None),
    "removed": (True, LIVE, 0, 1, None),
    "condemned": (True, CONDEMNED, 0, 0, None),
    "condemned but in use": (True, CONDEMNED, 1, 0, None),
    "condemned but removed": (True, CONDEMNED, 0, 1, None),
    "object without a row": (True, ABSENT, 0, 0, None),
    "old tombstone, object there": (True, ABSENT, 0, 0, STALE),
    "old tombstone, object gone": (False, ABSENT, 0, 0, STALE),
}


def loss_in(world: World) -> str:
    """What must not be in any state: somebody's file is gone. Blank when all is well."""
    if world.used and not world.stored:
        return "a reference without an object"
    if world.used and not world.row:
        return "a reference without a row"
    if any(process.at == LOST for process in world.processes):
        return "something removed that cannot be restored"
    return ""


def broken_invariant(world: World, variant: Variant) -> str:
    """I0 and I4. Blank when they hold."""
    if world.row and world.tombstone:
        return "a row and a tombstone"
    # An upload that trusts the row may find it before its object is sent.
    if world.row and not world.stored and variant.uploads_look and not variant.uploads_trust_what_they_sent:
        return "a row without an object"
    return ""


def fault_at_rest(world: World) -> str:
    """What must not be left when nothing can happen any more."""
    if any(process.at != DONE and not process.dead for process in world.processes):
        return "a deadlock"
    stored, row, tombstone = world.stored, world.row, world.tombstone
    # One round with nobody in the way: retry, adopt, mark, purge.
    if tombstone and not row:
        stored, tombstone = False, None
    if stored and not row:
        row = CONDEMNED
    if row and not world.used:
        stored, row = False, ABSENT
    if bool(world.used) != bool(stored and row) or tombstone:
        return "something lost, or garbage that stays"
    return ""
