"""Stock stays true under random operations of sixteen writers, some of them killed; broken code does not get through.

`STOCK_OPERATIONS=100000 pytest tests/stock/test_proofs.py` does so many; `STOCK_SEED` others. `make torture` does that,
and breaks the code on purpose.
"""

import os
import warnings
from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from proofs.stock import mutants
from proofs.stock.world import CROWDED, RESTLESS, World
from proofs.stock.writers import Report, Writers
from tests.plugins.database import forget_connections

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

OPERATIONS = int(os.environ.get("STOCK_OPERATIONS", "2000"))
SEED = int(os.environ.get("STOCK_SEED", "1"))
# So many are enough to see through any of the mutants; most are seen through much earlier.
MUTANT_OPERATIONS = 4000


@pytest.fixture(autouse=True)
def fork_in_peace() -> Iterator[None]:
    """Newer Pythons warn: another thread may hold a lock. Those of a test runner hold none that is needed here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def run(world: World, operations: int, mutate: Callable[[], None] = lambda: None, kills: float = 2) -> Report:
    def in_child() -> None:
        forget_connections()
        mutate()

    return Writers(world, operations, SEED, kills, in_child).run()


def test_stock_is_true_whatever_sixteen_writers_do_and_whoever_is_killed() -> None:
    report = run(World(), OPERATIONS)
    print(  # noqa: T201  (the figures are what a long run is for)
        f"{report.operations} operations on {connection.vendor} in {report.seconds:.0f} s, "
        f"{report.refusals} refused, {report.kills} writers killed"
    )
    assert report.problems == []
    assert report.operations >= OPERATIONS
    assert 0 < report.refusals < report.operations


@pytest.mark.torture
@pytest.mark.parametrize("mutant", mutants.OF_RULES, ids=lambda mutant: mutant.__name__)
def test_a_broken_rule_is_noticed(mutant: Callable[[], None]) -> None:
    assert run(CROWDED, MUTANT_OPERATIONS, mutant, kills=3600).problems != []


# On SQLite writers take turns whatever they lock.
@pytest.mark.only("servers")
@pytest.mark.torture
@pytest.mark.parametrize("mutant", mutants.OF_LOCKS, ids=lambda mutant: mutant.__name__)
def test_a_missing_lock_is_noticed(mutant: Callable[[], None]) -> None:
    assert run(RESTLESS, MUTANT_OPERATIONS, mutant, kills=3600).problems != []
