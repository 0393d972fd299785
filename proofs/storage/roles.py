"""The steps of all but the collector in the model: U uploads, C copies, D deletes, R restores what was deleted, E gives
it up, W deletes the owner, A adopts.

They follow docs/protocol.md; whoever changes a step there changes it here first. Each function yields what the process
may do next at the place where it is; nothing, if it has to wait.
"""

from collections.abc import Iterator

from proofs.storage.actor import Actor
from proofs.storage.model import ABSENT, CONDEMNED, DONE, LIVE, LOST, NO_TOMBSTONE, PURGING, WEAK, Move


def upload(actor: Actor) -> Iterator[Move]:
    world, me, variant = actor.world, actor.me, actor.variant
    set_first = variant.uploads_lock_the_set_first and actor.index % 2 == 1
    after_tombstone = "insert reference" if me.locks_set else "set"
    match me.at:
        case "begin":
            if not variant.uploads_send_first:
                yield actor.go("nothing is sent before", "open")
            elif world.row:
                yield actor.go("0a: there is a row", "early stat")
            else:
                yield actor.go("0a: no row", "early tombstone")
        case "early stat":
            yield actor.go("0a: stat: there", "open") if world.stored else actor.go("0a: stat: absent", "early put")
        case "early tombstone":
            if world.tombstone is None or not variant.uploads_see_tombstones:
                yield actor.go("0a: no tombstone", "early put")
            elif world.tombstone[1]:
                yield actor.go("0a: expired tombstone, to be sent in the transaction", "open")
            else:
                yield actor.go("0a: active tombstone: try again later", DONE)
        case "early put":
            yield actor.send("PUT", "early putting")
        case "early putting":
            yield actor.go("0a: PUT: done", "open", sent=True, world=actor.answered("PUT"))
            if world.faults:
                after = "clean up" if variant.uploads_clean_up else DONE
                nothing_sent = {"requests": world.requests - {actor.request("PUT")}}
                yield actor.go("0a: PUT: failed", after, world={**nothing_sent, **actor.failed()})
                yield actor.go("0a: PUT: answer lost", after, world=actor.failed())
        case "open":
            if actor.may_begin():
                yield actor.go("BEGIN", "set" if set_first else "insert", open=True)
        case "insert":
            if not actor.insert_waits():
                born = me.born or (ABSENT if world.row else LIVE)
                yield actor.go("INSERT blob ON CONFLICT DO NOTHING", "lock", born=born)
        case "lock":
            if not variant.uploads_lock_the_row:
                yield actor.go("no lock", "tombstone")
            elif not (me.born or world.row):
                yield actor.go("the row is gone", "insert")
            elif me.born or not actor.row_is_locked():
                yield actor.go("SELECT blob FOR NO KEY UPDATE", "tombstone", lock=WEAK)
        case "tombstone":
            if world.row == PURGING and not me.born:
                yield actor.give_up("being purged")
            elif world.tombstone is None or not variant.uploads_see_tombstones:
                yield actor.go("no tombstone", after_tombstone)
            elif actor.tombstone_is_locked():
                return
            elif world.tombstone[1]:
                label = "take over the expired tombstone"
                yield actor.go(label, after_tombstone, purge=NO_TOMBSTONE, locks_tombstone=True)
            else:
                yield actor.give_up("active tombstone: try again later")
        case "set":
            if not world.has_set:
                yield actor.give_up("no such set")
            elif not actor.set_is_locked():
                at = "insert" if set_first else "insert reference"
                yield actor.go("SELECT set FOR UPDATE", at, locks_set=True)
        case "insert reference":
            yield actor.go("INSERT attachment", "stat", reference=1)
        case "stat":
            trusted = world.row == LIVE or (variant.uploads_trust_condemned_rows and world.row == CONDEMNED)
            there = world.stored if variant.uploads_look else bool(trusted and not me.born)
            there = (there and me.purge is None) or (me.sent and variant.uploads_trust_what_they_sent)
            yield actor.go(f"stat: {'there' if there else 'send it'}", "commit" if there else "put")
        case "put":
            yield actor.send("PUT", "putting")
        case "putting":
            yield actor.go("PUT: done", "commit", world=actor.answered("PUT"))
            if world.faults:
                after = "clean up" if variant.uploads_clean_up else DONE
                nothing_sent = {"requests": world.requests - {actor.request("PUT")}}
                yield actor.give_up("PUT: failed", after, **nothing_sent, **actor.failed())
                yield actor.give_up("PUT: answer lost", after, **actor.failed())
        case "commit":
            if world.row == CONDEMNED and not me.born:
                actor.me = me._replace(mark=LIVE)
            yield from actor.commit(DONE, refused=DONE)
        case "clean up":
            yield actor.send("DELETE", "cleaning up")
        case "cleaning up":
            yield actor.go("DELETE: done", DONE, world=actor.answered("DELETE"))


def copy(actor: Actor) -> Iterator[Move]:
    match actor.me.at:
        case "begin":
            if not actor.world.shown:
                yield actor.go("nothing to copy", DONE)
            elif actor.may_begin():
                yield actor.go("BEGIN; INSERT attachment, no lock", "commit", open=True, reference=2)
        case "commit":
            yield from actor.commit(DONE, refused=DONE)


def delete(actor: Actor) -> Iterator[Move]:
    """The reference goes, and one among what was removed comes in its place. (A replacement does the same.)"""
    world = actor.world
    match actor.me.at:
        case "begin":
            if not world.shown:
                yield actor.go("nothing to delete", DONE)
            elif world.copies and actor.may_begin():
                yield actor.go("delete a copy for good", DONE, world={"copies": world.copies - 1})
            if world.references:
                yield from _lock_the_set(actor)
        case "delete":
            yield from _move(actor, "DELETE attachment", "INSERT removed", leaves=1, reference=3)
        case "second" | "commit":
            yield from _end_of_move(actor, reference=3)


def restore(actor: Actor) -> Iterator[Move]:
    world = actor.world
    match actor.me.at:
        case "begin":
            if not world.removed:
                yield actor.go("nothing to restore", DONE)
            else:
                yield from _lock_the_set(actor)
        case "delete":
            if not world.removed:
                yield actor.give_up("it was given up meanwhile")
            else:
                yield from _move(actor, "DELETE removed", "INSERT attachment", leaves=3, reference=1)
        case "second" | "commit":
            yield from _end_of_move(actor, reference=1)


def give_up(actor: Actor) -> Iterator[Move]:
    world = actor.world
    if not world.removed or any(other.leaves == 3 for other in actor.others):
        yield actor.go("nothing has expired, or SKIP LOCKED", DONE)
    elif actor.may_begin():
        yield actor.go("DELETE removed; COMMIT", DONE, world={"removed": world.removed - 1})


def _move(actor: Actor, goes: str, comes: str, *, leaves: int, reference: int) -> Iterator[Move]:
    if actor.variant.moves_at_once:
        yield actor.go(f"{goes}; {comes}", "commit", leaves=leaves, reference=reference)
        return
    left = {"references": actor.world.references - 1} if leaves == 1 else {"removed": actor.world.removed - 1}
    yield actor.become(f"{goes}; COMMIT", actor.me.rolled_back("second"), **left)


def _end_of_move(actor: Actor, *, reference: int) -> Iterator[Move]:
    if actor.me.at == "second":
        if actor.may_begin():
            yield actor.go("BEGIN; INSERT what comes", "commit", open=True, reference=reference)
    else:
        yield from actor.commit(DONE, refused=LOST)


def delete_owner(actor: Actor) -> Iterator[Move]:
    match actor.me.at:
        case "begin":
            yield from _lock_the_set(actor)
        case "delete":
            yield actor.give_up(
                "DELETE attachments, removed, set; COMMIT instead of", references=0, removed=0, has_set=False
            )


def _lock_the_set(actor: Actor) -> Iterator[Move]:
    if actor.may_begin() and not actor.set_is_locked():
        yield actor.go("BEGIN; SELECT set FOR UPDATE", "delete", open=True, locks_set=True)


def adopt(actor: Actor) -> Iterator[Move]:
    world, variant = actor.world, actor.variant
    match actor.me.at:
        case "begin":
            if world.stored and not world.row and not world.tombstone:
                yield actor.go("list: an object without a row", "insert" if variant.adopts else "delete")
            else:
                yield actor.go("list: nothing", DONE)
        case "insert":
            if actor.may_begin() and not actor.insert_waits():
                if world.row:
                    yield actor.go("there is a row", DONE)
                else:
                    yield actor.go("BEGIN; INSERT condemned blob", "tombstone", open=True, born=CONDEMNED)
        case "tombstone":
            yield actor.give_up("a tombstone") if world.tombstone else actor.go("no tombstone", "stat")
        case "stat":
            absent = variant.adopter_looks_again and not world.stored
            yield actor.give_up("stat: absent") if absent else actor.go("stat: there", "commit")
        case "commit":
            yield from actor.commit(DONE, refused=DONE)
        case "delete":
            yield actor.send("DELETE", "deleting")
        case "deleting":
            yield actor.go("DELETE: done", DONE, world=actor.answered("DELETE"))
