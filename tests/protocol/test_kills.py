"""kill -9 of real servers and commands at random moments under load: every promise that was made is kept."""

import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now

from cas.models import Purge
from cas.storage import cas_storage
from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.files import sha256
from tests.plugins.server import ROOT, database_url
from tests.protocol.counts import tell
from tests.protocol.fleet import Fleet
from tests.protocol.harness import assert_invariants, document, quiesce, upload
from tests.protocol.load import Client, Ledger

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

KILLS = int(os.environ.get("TORTURE_KILLS", "6"))
SECONDS = int(os.environ.get("TORTURE_SECONDS", "0"))
CLIENTS = 4
# Deadline and timeouts of a sweeper. So long after it laid its tombstone no DELETE of it is alive.
SURELY_DEAD = timedelta(seconds=60)


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """A running server, and commands beside it."""
    is_long = SECONDS > 0
    fleet = Fleet(tmp_path, server_workers=1 + is_long, commands=["gc", "check"] + ["gc"] * is_long)
    fleet.start()
    yield fleet
    fleet.stop()


def test_every_acknowledged_attachment_survives(fleet: Fleet) -> None:
    # The S3 server of the tests would remove an empty folder under whoever is about to write into it.
    upload(document())
    seed = random.SystemRandom().randrange(2**32)
    ledger, stop = Ledger(), threading.Event()
    clients = [Client(fleet, ledger, seed + number, stop) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        kills = kill_at_random(fleet, ledger, random.Random(seed))
    finally:
        stop.set()
        for client in clients:
            client.join(PATIENCE_SECONDS)
        # What a client has seen says more than that nobody got an answer any more.
        for client in clients:
            if client.error is not None:
                raise client.error
    rounds = {name: fleet.summaries(name) for name in ("gc", "check")}
    assert not [summary for summary in rounds["check"] if summary["critical"]], "a loss, or a false alarm"
    compare_everything(fleet, ledger)
    fleet.stop()
    tell(told_of(seed, kills, ledger, rounds))
    assert check_deep()["critical"] == 0
    assert_invariants()
    quiesce()


def told_of(seed: int, kills: Counter[str], ledger: Ledger, rounds: dict[str, list[dict[str, Any]]]) -> str:
    """The figures of a run."""
    counted = [
        *kills.items(),
        *ledger.counts.items(),
        *((f"rounds of {name}", len(told)) for name, told in rounds.items()),
    ]
    purged = sum(summary["purged"] for summary in rounds["gc"])
    return (
        f"{kills.total()} kills, seed {seed}: "
        + ", ".join(f"{what}: {count}" for what, count in counted)
        + f"; {purged} blobs purged; {len(ledger.promised)} promised attachments compared, none lost"
    )


def kill_at_random(fleet: Fleet, ledger: Ledger, dice: random.Random) -> Counter[str]:
    """Kill something again and again, each time after the server has answered some requests. Returns what."""
    kills: Counter[str] = Counter()
    deadline = time.monotonic() + SECONDS
    while kills.total() < KILLS and (not SECONDS or time.monotonic() < deadline):
        ledger.wait_for(dice.randrange(3, 25))
        # A random moment within a request, too.
        threading.Event().wait(dice.random() * 0.1)
        victim = dice.choice(["server", "server worker", "command", "command"])
        if victim == "server":
            fleet.kill_server()
        elif victim == "server worker":
            fleet.kill_server_worker()
        else:
            fleet.kill_command(dice.randrange(len(fleet.commands)))
        kills[victim] += 1
        fleet.start()
        let_the_dead_rest()
    ledger.wait_for(20)
    return kills


def let_the_dead_rest() -> None:
    """Let Delta be over for tombstones of the dead: an hour is a margin, and this machine's clocks agree."""
    old = Purge.objects.filter(started_at__lt=Now() - SURELY_DEAD)
    old.update(started_at=Now() - cas_storage().tombstone_lifetime - timedelta(seconds=1))


def compare_everything(fleet: Fleet, ledger: Ledger) -> None:
    """Fetch every attachment that was promised, and compare its bytes."""
    connection = http.client.HTTPConnection("127.0.0.1", fleet.port, timeout=PATIENCE_SECONDS)
    for attachment_id, (set_id, digest, address) in ledger.promised.items():
        connection.request("GET", f"/api/attachment-sets/{set_id}/attachments/{attachment_id}")
        response = connection.getresponse()
        row = json.loads(response.read())
        assert (response.status, row.get("sha256")) == (200, digest), row
        connection.request("GET", address)
        response = connection.getresponse()
        assert (response.status, sha256(response.read())) == (200, digest), attachment_id
    connection.close()


def check_deep() -> dict[str, int]:
    """What `cas_check --deep` says, run as an operator does."""
    result = subprocess.run(
        [sys.executable, "manage.py", "cas_check", "--deep", "--json"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url()},
        capture_output=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    summary: dict[str, int] = json.loads(result.stdout)
    return summary
