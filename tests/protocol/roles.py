"""The steps of all but the sweeper in the model: U uploads, C copies, D deletes, W deletes the owner, A adopts.

They follow docs/protocol.md; whoever changes a step there changes it here first.
"""

from collections.abc import Iterator

from tests.protocol.actor import Actor, step
from tests.protocol.model import ABSENT, CONDEMNED, DONE, LIVE, NO_TOMBSTONE, PURGING, WEAK, Move

# --- Upload ---------------------------------------------------------------------------------------


@step("U", "begin")
def upload_begin(actor: Actor) -> Iterator[Move]:
    set_first = actor.locks_set_first()
    if actor.may_begin():
        yield actor.go("BEGIN", "set" if set_first else "insert", open=True)


@step("U", "insert")
def upload_insert(actor: Actor) -> Iterator[Move]:
    world, me = actor.world, actor.me
    if not actor.insert_waits():
        born = me.born or (ABSENT if world.row else LIVE)
        yield actor.go("INSERT blob ON CONFLICT DO NOTHING", "lock", born=born)


@step("U", "lock")
def upload_lock(actor: Actor) -> Iterator[Move]:
    world, me, variant = actor.world, actor.me, actor.variant
    if not variant.uploads_lock_the_row:
        yield actor.go("no lock", "tombstone")
    elif not (me.born or world.row):
        yield actor.go("the row is gone", "insert")
    elif me.born or not actor.row_is_locked():
        yield actor.go("SELECT blob FOR NO KEY UPDATE", "tombstone", lock=WEAK)


@step("U", "tombstone")
def upload_tombstone(actor: Actor) -> Iterator[Move]:
    world, me, variant = actor.world, actor.me, actor.variant
    if world.row == PURGING and not me.born:
        yield actor.give_up("being purged")
    elif world.tombstone is None or not variant.uploads_see_tombstones:
        yield actor.go("no tombstone", "insert reference" if me.locks_set else "set")
    elif actor.tombstone_is_locked():
        return
    elif world.tombstone[1]:
        at = "insert reference" if me.locks_set else "set"
        yield actor.go("take over the expired tombstone", at, purge=NO_TOMBSTONE, locks_tombstone=True)
    else:
        yield actor.give_up("active tombstone: try again later")


@step("U", "set")
def upload_set(actor: Actor) -> Iterator[Move]:
    world = actor.world
    set_first = actor.locks_set_first()
    if not world.has_set:
        yield actor.give_up("no such set")
    elif not actor.set_is_locked():
        at = "insert" if set_first else "insert reference"
        yield actor.go("SELECT set FOR UPDATE", at, locks_set=True)


@step("U", "insert reference")
def upload_insert_reference(actor: Actor) -> Iterator[Move]:
    yield actor.go("INSERT attachment", "stat", reference=1)


@step("U", "stat")
def upload_stat(actor: Actor) -> Iterator[Move]:
    world, me, variant = actor.world, actor.me, actor.variant
    trusted = world.row == LIVE or (variant.uploads_trust_condemned_rows and world.row == CONDEMNED)
    there = world.stored if variant.uploads_look else bool(trusted and not me.born)
    there = there and me.purge is None
    yield actor.go(f"stat: {'there' if there else 'send it'}", "commit" if there else "put")


@step("U", "put")
def upload_put(actor: Actor) -> Iterator[Move]:
    yield actor.send("PUT", "putting")


@step("U", "putting")
def upload_putting(actor: Actor) -> Iterator[Move]:
    world, variant = actor.world, actor.variant
    yield actor.go("PUT: done", "commit", world=actor.answered("PUT"))
    if world.faults:
        after = "clean up" if variant.uploads_clean_up else DONE
        nothing_sent = {"requests": world.requests - {actor.request("PUT")}}
        yield actor.give_up("PUT: failed", after, **nothing_sent, **actor.failed())
        yield actor.give_up("PUT: answer lost", after, **actor.failed())


@step("U", "commit")
def upload_commit(actor: Actor) -> Iterator[Move]:
    if actor.world.row == CONDEMNED and not actor.me.born:
        actor.me = actor.me._replace(mark=LIVE)
    yield from actor.commit(DONE, refused=DONE)


@step("U", "clean up")
def upload_clean_up(actor: Actor) -> Iterator[Move]:
    yield actor.send("DELETE", "cleaning up")


@step("U", "cleaning up")
def upload_cleaning_up(actor: Actor) -> Iterator[Move]:
    yield actor.go("DELETE: done", DONE, world=actor.answered("DELETE"))


@step("C", "begin")
def copy_begin(actor: Actor) -> Iterator[Move]:
    if not actor.world.used:
        yield actor.go("nothing to copy", DONE)
    elif actor.may_begin():
        yield actor.go("BEGIN; INSERT attachment, no lock", "commit", open=True, reference=2)


@step("C", "commit")
def copy_commit(actor: Actor) -> Iterator[Move]:
    yield from actor.commit(DONE, refused=DONE)


@step("D", "begin")
def delete_begin(actor: Actor) -> Iterator[Move]:
    world = actor.world
    if not world.used:
        yield actor.go("nothing to delete", DONE)
    elif world.copies and actor.may_begin():
        yield actor.go("delete a copy", DONE, world={"copies": world.copies - 1})
    if world.references and actor.may_begin() and not actor.set_is_locked():
        yield actor.go("BEGIN; SELECT set FOR UPDATE", "delete", open=True, locks_set=True)


@step("D", "delete")
def delete_delete(actor: Actor) -> Iterator[Move]:
    world = actor.world
    yield actor.give_up("DELETE attachment; COMMIT instead of", references=max(world.references - 1, 0))


@step("W", "begin")
def delete_owner_begin(actor: Actor) -> Iterator[Move]:
    if actor.may_begin() and not actor.set_is_locked():
        yield actor.go("BEGIN; SELECT set FOR UPDATE", "delete", open=True, locks_set=True)


@step("W", "delete")
def delete_owner_delete(actor: Actor) -> Iterator[Move]:
    yield actor.give_up("DELETE attachments, set; COMMIT instead of", references=0, has_set=False)


@step("A", "begin")
def adopt_begin(actor: Actor) -> Iterator[Move]:
    world, variant = actor.world, actor.variant
    if world.stored and not world.row and not world.tombstone:
        yield actor.go("list: an object without a row", "insert" if variant.adopts else "delete")
    else:
        yield actor.go("list: nothing", DONE)


@step("A", "insert")
def adopt_insert(actor: Actor) -> Iterator[Move]:
    world = actor.world
    if actor.may_begin() and not actor.insert_waits():
        if world.row:
            yield actor.go("there is a row", DONE)
        else:
            yield actor.go("BEGIN; INSERT condemned blob", "tombstone", open=True, born=CONDEMNED)


@step("A", "tombstone")
def adopt_tombstone(actor: Actor) -> Iterator[Move]:
    world = actor.world
    if world.tombstone:
        yield actor.give_up("a tombstone")
    else:
        yield actor.go("no tombstone", "stat")


@step("A", "stat")
def adopt_stat(actor: Actor) -> Iterator[Move]:
    world, variant = actor.world, actor.variant
    if variant.adopter_looks_again and not world.stored:
        yield actor.give_up("stat: absent")
    else:
        yield actor.go("stat: there", "commit")


@step("A", "commit")
def adopt_commit(actor: Actor) -> Iterator[Move]:
    yield from actor.commit(DONE, refused=DONE)


@step("A", "delete")
def adopt_delete(actor: Actor) -> Iterator[Move]:
    yield actor.send("DELETE", "deleting")


@step("A", "deleting")
def adopt_deleting(actor: Actor) -> Iterator[Move]:
    yield actor.go("DELETE: done", DONE, world=actor.answered("DELETE"))
