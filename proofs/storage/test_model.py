"""The protocol, searched completely, and the designs that were rejected, each with the loss that it leads to."""

import pytest

from proofs.storage.model import STARTS, Variant
from proofs.storage.search import search

# Who takes part: U uploads, C copies, D deletes, R restores, E gives up what was removed, W deletes the owner, S sweeps,
# A adopts.
MIXES = ["UUS", "UDS", "UWS", "UCS", "USS", "USA", "CDSA", "DRS", "RES", "RWS"]
LONG_MIXES = [
    "DRSS",
    "URES",
    "DRES",
    "DRWS",
    "UUSA",
    "UDSS",
    "UCDS",
    "USSA",
    "UUDS",
    "UUSS",
    "UDSA",
    "UWSA",
    "UUWS",
    "UCSS",
    "UCDSA",
    "UCWSA",
    "UCDSS",
]


def quiet(**otherwise: bool) -> Variant:
    """What goes wrong although nothing is killed and nothing fails."""
    return Variant(kills=0, faults=0, **otherwise)


BARE = {"tombstones": False}
UNDER_LOCK = {**BARE, "deletes_under_lock": True}
TRUSTING = {"uploads_look": False}
# What is done otherwise, and who takes part in the loss.
REJECTED = {
    "the row goes, then the object": (quiet(**BARE), "US"),
    "the row goes, then the object; uploads trust rows": (quiet(**BARE, **TRUSTING), "US"),
    "a state column, uploads do not lock": (quiet(**BARE, state_column=True, uploads_lock_the_row=False), "US"),
    "a state column, copies do not lock": (quiet(**BARE, state_column=True), "CWS"),
    "NO KEY UPDATE in the sweeper": (quiet(**UNDER_LOCK, weak_sweeper_lock=True), "CWS"),
    "the object goes under the row lock, a kill": (Variant(**UNDER_LOCK, faults=0), "US"),
    "the object goes under the row lock, a session is lost": (Variant(**UNDER_LOCK, sessions_die=True, kills=0), "US"),
    "the object goes under the row lock, uploads trust rows": (
        Variant(**UNDER_LOCK, **TRUSTING, uploads_trust_condemned_rows=True, faults=0),
        "US",
    ),
    "uploads ignore tombstones": (quiet(uploads_see_tombstones=False), "US"),
    "the tombstone comes after the commit": (quiet(tombstones_after_commit=True), "US"),
    "a tombstone goes whoever's it is": (quiet(tombstones_go_by_token=False), "USS"),
    "a DELETE may come at any time": (Variant(deletes_end_in_time=False), "US"),
    "a sweeper sends after its deadline": (quiet(sweepers_keep_the_deadline=False), "US"),
    "the storage client repeats a DELETE": (Variant(client_retries=True), "US"),
    "a failed upload deletes its object": (Variant(uploads_clean_up=True, kills=0), "UU"),
    "objects without a row are deleted": (quiet(adopts=False), "UA"),
    "what was sent before the transaction is trusted": (quiet(uploads_trust_what_they_sent=True), "USA"),
    "adoption does not look again": (quiet(adopter_looks_again=False), "UCWSA"),
}


@pytest.mark.parametrize("sqlite", [False, True], ids=["PostgreSQL", "SQLite"])
@pytest.mark.parametrize("roles", MIXES + LONG_MIXES)
def test_nothing_is_ever_lost(roles: str, sqlite: bool) -> None:
    for start in STARTS:
        result = search(Variant(sqlite=sqlite), roles, start)
        assert not result.fault, (start, result)


@pytest.mark.parametrize("roles", MIXES)
def test_nothing_is_lost_when_everything_is_sent_in_the_transaction(roles: str) -> None:
    for start in STARTS:
        result = search(Variant(uploads_send_first=False), roles, start)
        assert not result.fault, (start, result)


@pytest.mark.parametrize("roles", MIXES)
def test_nothing_is_lost_when_writers_forget_the_lock(roles: str) -> None:
    for start in STARTS:
        result = search(Variant(uploads_lock_the_row=False), roles, start)
        assert not result.fault, (start, result)


def test_the_row_lock_held_while_deleting_is_enough_when_nobody_ever_fails() -> None:
    assert faults(quiet(**UNDER_LOCK), "UCDS") == {""}


@pytest.mark.parametrize("design", REJECTED)
def test_every_rejected_design_loses_an_object(design: str) -> None:
    assert "a reference without an object" in faults(*REJECTED[design])


def test_uploads_that_lock_the_set_before_the_blob_wait_for_each_other() -> None:
    assert "a deadlock" in faults(quiet(uploads_lock_the_set_first=True), "UU")


def test_what_is_removed_is_lost_when_it_is_remembered_without_a_foreign_key() -> None:
    assert "a reference without a row" in faults(quiet(removed_counts=False), "RS")


@pytest.mark.parametrize("roles", ["DS", "RS"])
def test_what_moves_in_two_transactions_may_be_purged_in_between(roles: str) -> None:
    assert "something removed that cannot be restored" in faults(quiet(moves_at_once=False), roles)


def faults(variant: Variant, roles: str) -> set[str]:
    """What comes of a design, from every start that it knows; blank where all is well."""
    starts = [start for start in STARTS if variant.tombstones or "tombstone" not in start]
    return {search(variant, roles, start, only_losses=True).fault for start in starts}
