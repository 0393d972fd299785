"""The inventory under random orders of everything that can happen to it."""

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.plugins.faults import Faults
from tests.protocol.counts import tell
from tests.protocol.machine import Inventory

# The same orders at every run, so that a run means the same everywhere; the torture draws new ones.
EXAMPLES = int(os.environ.get("TORTURE_EXAMPLES", "0"))
PROFILE = settings(
    max_examples=EXAMPLES or 12,
    stateful_step_count=100 if EXAMPLES else 30,
    derandomize=not EXAMPLES,
    deadline=None,
    # Looking for a shorter story takes minutes, and the orders are short enough to be read.
    phases=[Phase.generate],
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_no_order_of_events_loses_a_file(faults: Faults, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Inventory, "faults", faults, raising=False)
    run_state_machine_as_test(Inventory, settings=PROFILE)
    told = ", ".join(f"{count} {what}" for what, count in Inventory.steps.items())
    tell(f"random orders: {told}; nothing lost")
