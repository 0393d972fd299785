"""The steps of the collector in the model, S: mark, purge, retry; and the ways to purge that were rejected."""

from collections.abc import Iterator

from proofs.storage.actor import Actor
from proofs.storage.model import ABSENT, CONDEMNED, DONE, LIVE, PURGING, STRONG, WEAK, Move


def sweep(actor: Actor) -> Iterator[Move]:
    """What the collector may do next."""
    for part in (_mark, _purge, _delete, _rejected):
        yield from part(actor)


def _mark(actor: Actor) -> Iterator[Move]:
    world = actor.world
    match actor.me.at:
        case "begin":
            if not world.row or (actor.row_is_locked() and not actor.variant.sqlite):
                yield actor.go("MARK: no row, or SKIP LOCKED", "due")
            elif actor.may_begin():
                yield actor.go("MARK: BEGIN; SELECT blob FOR UPDATE", "look for references", open=True, lock=STRONG)
        case "look for references":
            if actor.checked_references() and world.row == CONDEMNED:
                yield actor.go("MARK: referenced, absolve", "marked", mark=LIVE)
            elif not actor.checked_references() and world.row == LIVE:
                yield actor.go("MARK: unreferenced, condemn", "marked", mark=CONDEMNED)
            else:
                yield actor.go("MARK: nothing to change", "marked")
        case "marked":
            yield from actor.commit("due", refused="due")


def _purge(actor: Actor) -> Iterator[Move]:
    world, variant = actor.world, actor.variant
    match actor.me.at:
        case "due":
            if world.row != CONDEMNED or (actor.row_is_locked() and not variant.sqlite):
                yield actor.go("A: nothing is due, or SKIP LOCKED", "retry")
            elif actor.may_begin():
                lock = WEAK if variant.weak_sweeper_lock else STRONG
                yield actor.go("A: BEGIN; SELECT blob FOR UPDATE", "check", open=True, lock=lock)
        case "check":
            if actor.checked_references():
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
        case "condemned":
            yield from actor.commit("retry", refused="retry")
        case "committing":
            yield from actor.commit("entomb" if variant.tombstones_after_commit else "send", refused="retry")


def _delete(actor: Actor) -> Iterator[Move]:
    world, variant = actor.world, actor.variant
    match actor.me.at:
        case "send":
            yield actor.send("DELETE", "sent")
        case "sent":
            yield actor.go("DELETE: done", "B", world=actor.answered("DELETE"))
            if world.faults:
                unsent = world.requests - {actor.request("DELETE")}
                yield actor.go("DELETE: failed", DONE, world={"requests": unsent, **actor.failed()})
                yield actor.go("DELETE: answer lost", DONE, world=actor.failed())
                if variant.client_retries:
                    retried = {"stored": False, **actor.failed()}
                    yield actor.go("DELETE: answer lost, sent again: done", "B", world=retried)
        case "B":
            if not variant.tombstones:
                yield actor.go("done", DONE)
            elif actor.may_begin() and not actor.tombstone_is_locked():
                mine = world.tombstone is not None and world.tombstone[0] == actor.me.token
                goes = mine or not variant.tombstones_go_by_token
                yield actor.go("B: DELETE purge", DONE, world={"tombstone": None if goes else world.tombstone})
        case "retry":
            due = variant.tombstones and world.tombstone is not None and world.tombstone[1]
            if due and not actor.tombstone_is_locked() and actor.may_begin():
                token = (actor.index, 1)
                yield actor.go("RETRY: new token", "send", token=token, world={"tombstone": (token, False)})
            else:
                yield actor.go("RETRY: no tombstone is due", DONE)


def _rejected(actor: Actor) -> Iterator[Move]:
    world = actor.world
    match actor.me.at:
        case "entomb":
            if actor.may_begin():
                token = (actor.index, 0)
                yield actor.go("INSERT purge, too late", "send", token=token, world={"tombstone": (token, False)})
        case "delete under lock":
            yield actor.send("DELETE", "deleting under lock")
        case "deleting under lock":
            yield actor.go("DELETE: done; DELETE blob", "deleted", dies=True, world=actor.answered("DELETE"))
            if world.faults:
                yield actor.give_up("DELETE: answer lost", **actor.failed())
        case "deleted":
            yield from actor.commit(DONE, refused=DONE)
        case "state":
            yield from actor.commit("delete object", refused="retry")
        case "delete object":
            yield actor.send("DELETE", "deleting")
        case "deleting":
            yield actor.go("DELETE: done", "delete row", world=actor.answered("DELETE"))
        case "delete row":
            if actor.may_begin() and not actor.row_is_locked():
                row = world.row if world.used else ABSENT
                yield actor.go("DELETE blob unless referenced", DONE, world={"row": row})
