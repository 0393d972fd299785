"""The protocol, searched completely, and the designs that were rejected, each with the loss that it leads to."""

import os

import pytest

from tests.protocol.counts import tell
from tests.protocol.model import STARTS, Variant
from tests.protocol.search import search

pytestmark = pytest.mark.once


def quiet(**otherwise: bool) -> Variant:
    """What goes wrong although nothing is killed and nothing fails."""
    return Variant(kills=0, faults=0, **otherwise)


# Who takes part: U uploads, C copies, D deletes, W deletes the owner, S sweeps, A adopts.
MIXES = ["UUS", "UDS", "UWS", "UCS", "USS", "USA", "CDSA"]
LONG_MIXES = ["UUSA", "UDSS", "UCDS", "USSA", "UUDS", "UUSS", "UDSA", "UWSA", "UUWS", "UCSS", "UCDSA", "UCDSS"]

# What is done otherwise, who takes part in the loss, and how it is told.
LOST, DANGLING = "a reference without an object", "a reference without a row"
REJECTED = {
    "the row goes, then the object": (quiet(tombstones=False), "US", LOST),
    "the row goes, then the object; uploads trust rows": (
        quiet(tombstones=False, uploads_look=False),
        "US",
        LOST,
    ),
    "a state column, uploads do not lock": (
        quiet(state_column=True, tombstones=False, uploads_lock_the_row=False),
        "US",
        LOST,
    ),
    "a state column, copies do not lock": (quiet(state_column=True, tombstones=False), "CDS", LOST),
    "NO KEY UPDATE in the sweeper": (
        quiet(deletes_under_lock=True, tombstones=False, weak_sweeper_lock=True),
        "CDS",
        LOST,
    ),
    "the object goes under the row lock, a kill": (
        Variant(deletes_under_lock=True, tombstones=False, faults=0),
        "US",
        LOST,
    ),
    "the object goes under the row lock, a session is lost": (
        Variant(deletes_under_lock=True, tombstones=False, sessions_die=True, kills=0),
        "US",
        LOST,
    ),
    "the object goes under the row lock, uploads trust rows": (
        Variant(
            deletes_under_lock=True,
            tombstones=False,
            uploads_look=False,
            uploads_trust_condemned_rows=True,
            faults=0,
        ),
        "US",
        LOST,
    ),
    "uploads ignore tombstones": (quiet(uploads_see_tombstones=False), "US", LOST),
    "the tombstone comes after the commit": (quiet(tombstones_after_commit=True), "US", LOST),
    "a tombstone goes whoever's it is": (quiet(tombstones_go_by_token=False), "USS", LOST),
    "a DELETE may come at any time": (Variant(deletes_end_in_time=False), "US", LOST),
    "a sweeper sends after its deadline": (quiet(sweepers_keep_the_deadline=False), "US", LOST),
    "the storage client repeats a DELETE": (Variant(client_retries=True), "US", LOST),
    "a failed upload deletes its object": (Variant(uploads_clean_up=True, kills=0), "UU", LOST),
    "objects without a row are deleted": (quiet(adopts=False), "UA", LOST),
    "adoption does not look again": (quiet(adopter_looks_again=False), "UCDSA", LOST),
    "every second upload locks the set before the blob": (
        quiet(uploads_lock_the_set_first=True),
        "UU",
        "a deadlock",
    ),
}


@pytest.mark.parametrize("sqlite", [False, True], ids=["PostgreSQL", "SQLite"])
@pytest.mark.parametrize("start", STARTS)
def test_nothing_is_ever_lost(start: str, sqlite: bool) -> None:
    for roles in MIXES:
        result = search(Variant(sqlite=sqlite), roles, start)
        assert not result.fault, (roles, result)


@pytest.mark.parametrize("start", STARTS)
def test_nothing_is_lost_when_writers_forget_the_lock(start: str) -> None:
    for roles in MIXES:
        result = search(Variant(uploads_lock_the_row=False), roles, start)
        assert not result.fault, (roles, result)


def test_the_row_lock_held_while_deleting_is_enough_when_nobody_ever_fails() -> None:
    variant = quiet(deletes_under_lock=True, tombstones=False)
    for start in STARTS:
        if "tombstone" not in start:
            assert not search(variant, "UCDS", start, only_losses=True).fault


@pytest.mark.parametrize("design", REJECTED)
def test_every_rejected_design_fails(design: str) -> None:
    variant, roles, fault = REJECTED[design]
    starts = [start for start in STARTS if variant.tombstones or "tombstone" not in start]
    assert fault in {search(variant, roles, start, only_losses=True).fault for start in starts}


if "TORTURE_SECONDS" in os.environ:

    @pytest.mark.parametrize("sqlite", [False, True], ids=["PostgreSQL", "SQLite"])
    @pytest.mark.parametrize("roles", LONG_MIXES)
    def test_nothing_is_lost_with_more_of_them(roles: str, sqlite: bool) -> None:
        states = 0
        for start in STARTS:
            result = search(Variant(sqlite=sqlite), roles, start)
            assert not result.fault, (start, result)
            states += result.states
        tell(f"{roles}: {states} states")
