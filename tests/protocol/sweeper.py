"""The steps of the collector in the model, S: mark, purge, retry; and the ways to purge that were rejected."""

from collections.abc import Iterator

from tests.protocol.actor import Actor, step
from tests.protocol.model import ABSENT, CONDEMNED, DONE, LIVE, PURGING, STRONG, WEAK, Move


@step("S", "begin")
def mark_begin(actor: Actor) -> Iterator[Move]:
    world = actor.world
    if not world.row or (actor.row_is_locked() and not actor.variant.sqlite):
        yield actor.go("MARK: no row, or SKIP LOCKED", "due")
    elif actor.may_begin():
        yield actor.go("MARK: BEGIN; SELECT blob FOR UPDATE", "look for references", open=True, lock=STRONG)


@step("S", "look for references")
def mark_look_for_references(actor: Actor) -> Iterator[Move]:
    world = actor.world
    if world.used and world.row == CONDEMNED:
        yield actor.go("MARK: referenced, absolve", "marked", mark=LIVE)
    elif not world.used and world.row == LIVE:
        yield actor.go("MARK: unreferenced, condemn", "marked", mark=CONDEMNED)
    else:
        yield actor.go("MARK: nothing to change", "marked")


@step("S", "marked")
def mark_marked(actor: Actor) -> Iterator[Move]:
    yield from actor.commit("due", refused="due")


@step("S", "due")
def purge_due(actor: Actor) -> Iterator[Move]:
    world, variant = actor.world, actor.variant
    if world.row != CONDEMNED or (actor.row_is_locked() and not variant.sqlite):
        yield actor.go("A: nothing is due, or SKIP LOCKED", "retry")
    elif actor.may_begin():
        lock = WEAK if variant.weak_sweeper_lock else STRONG
        yield actor.go("A: BEGIN; SELECT blob FOR UPDATE", "check", open=True, lock=lock)


@step("S", "check")
def purge_check(actor: Actor) -> Iterator[Move]:
    world, variant = actor.world, actor.variant
    if world.used:
        yield actor.go("A: referenced, absolve", "condemned", mark=LIVE)
    elif variant.deletes_under_lock:
        yield actor.go("A: unreferenced", "delete under lock")
    elif variant.state_column:
        yield actor.go("A: state = purging", "state", mark=PURGING)
    elif not variant.tombstones or variant.tombstones_after_commit:
        yield actor.go("A: DELETE blob", "committing", dies=True)
    elif world.tombstone:
        yield actor.give_up("A: a tombstone is there", "retry")
    else:
        token = (actor.index, 0)
        yield actor.go("A: INSERT purge; DELETE blob", "committing", dies=True, purge=token, token=token)


@step("S", "condemned")
def purge_condemned(actor: Actor) -> Iterator[Move]:
    yield from actor.commit("retry", refused="retry")


@step("S", "committing")
def purge_committing(actor: Actor) -> Iterator[Move]:
    variant = actor.variant
    yield from actor.commit("entomb" if variant.tombstones_after_commit else "send", refused="retry")


@step("S", "entomb")
def purge_entomb(actor: Actor) -> Iterator[Move]:
    if actor.may_begin():
        token = (actor.index, 0)
        yield actor.go("INSERT purge, too late", "send", token=token, world={"tombstone": (token, False)})


@step("S", "send")
def delete_send(actor: Actor) -> Iterator[Move]:
    yield actor.send("DELETE", "sent")


@step("S", "sent")
def delete_sent(actor: Actor) -> Iterator[Move]:
    world, variant = actor.world, actor.variant
    yield actor.go("DELETE: done", "B", world=actor.answered("DELETE"))
    if world.faults:
        unsent = world.requests - {actor.request("DELETE")}
        yield actor.go("DELETE: failed", DONE, world={"requests": unsent, **actor.failed()})
        yield actor.go("DELETE: answer lost", DONE, world=actor.failed())
        if variant.client_retries:
            retried = {"stored": False, **actor.failed()}
            yield actor.go("DELETE: answer lost, sent again: done", "B", world=retried)


@step("S", "B")
def delete_b(actor: Actor) -> Iterator[Move]:
    world, me, variant = actor.world, actor.me, actor.variant
    if not variant.tombstones:
        yield actor.go("done", DONE)
    elif actor.may_begin() and not actor.tombstone_is_locked():
        mine = world.tombstone is not None and world.tombstone[0] == me.token
        goes = mine or not variant.tombstones_go_by_token
        left = None if goes else world.tombstone
        yield actor.go("B: DELETE purge", DONE, world={"tombstone": left})


@step("S", "delete under lock")
def rejected_delete_under_lock(actor: Actor) -> Iterator[Move]:
    yield actor.send("DELETE", "deleting under lock")


@step("S", "deleting under lock")
def rejected_deleting_under_lock(actor: Actor) -> Iterator[Move]:
    world = actor.world
    yield actor.go("DELETE: done; DELETE blob", "deleted", dies=True, world=actor.answered("DELETE"))
    if world.faults:
        yield actor.give_up("DELETE: answer lost", **actor.failed())


@step("S", "deleted")
def rejected_deleted(actor: Actor) -> Iterator[Move]:
    yield from actor.commit(DONE, refused=DONE)


@step("S", "state")
def rejected_state(actor: Actor) -> Iterator[Move]:
    yield from actor.commit("delete object", refused="retry")


@step("S", "delete object")
def rejected_delete_object(actor: Actor) -> Iterator[Move]:
    yield actor.send("DELETE", "deleting")


@step("S", "deleting")
def rejected_deleting(actor: Actor) -> Iterator[Move]:
    yield actor.go("DELETE: done", "delete row", world=actor.answered("DELETE"))


@step("S", "delete row")
def rejected_delete_row(actor: Actor) -> Iterator[Move]:
    world = actor.world
    if actor.may_begin() and not actor.row_is_locked():
        row = world.row if world.used else ABSENT
        yield actor.go("DELETE blob unless referenced", DONE, world={"row": row})


@step("S", "retry")
def retry(actor: Actor) -> Iterator[Move]:
    world = actor.world
    due = actor.variant.tombstones and world.tombstone is not None and world.tombstone[1]
    if due and not actor.tombstone_is_locked() and actor.may_begin():
        token = (actor.index, 1)
        yield actor.go("RETRY: new token", "send", token=token, world={"tombstone": (token, False)})
    else:
        yield actor.go("RETRY: no tombstone is due", DONE)
