"""Many writers at once, some of them killed; what they report is compared with what the database says."""

import os
import random
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from django.db import close_old_connections, connections
from django.db.models import Sum

from proofs.stock.operations import Operations
from proofs.stock.slots import Slot, Slots
from proofs.stock.world import World
from stock.findings import findings
from stock.models import Movement, Stock

WRITERS = 16
# Nobody waits longer for a lock than this; who does waits for ever.
_PATIENCE_SECONDS = 120


@dataclass
class Report:
    """What happened, and every reason to think that stock is not true."""

    operations: int = 0
    refusals: int = 0
    kills: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


@dataclass
class Writers:
    """Sixteen processes that work on the same stock until so many operations are done.

    `in_child` is called first in each writer: it gives it database connections of its own, and may break the code.
    """

    world: World
    operations: int
    seed: int = 1
    seconds_between_kills: float = 0.5
    in_child: Callable[[], None] = connections.close_all

    def run(self) -> Report:
        """Make the world, let them work, look at what is left."""
        self.world.make()
        connections.close_all()
        report, started = Report(), time.monotonic()
        with tempfile.TemporaryDirectory(prefix="stock-proof-") as folder:
            self._folder, self._slots = Path(folder), Slots(WRITERS)
            self._unknown = 0
            self._generation = [0] * WRITERS
            pids = {self._start(writer): writer for writer in range(WRITERS)}
            self._watch(pids, report)
            report.problems += self._problems()
        report.operations = sum(slot.operations for slot in self._slots.all())
        report.refusals = sum(slot.refusals for slot in self._slots.all())
        report.seconds = time.monotonic() - started
        report.problems += [f"{found.invariant}: {found.sentence}" for found in findings()]
        expected = sum(slot.pieces for slot in self._slots.all()) + self._unknown
        there = Stock.objects.aggregate(sum=Sum("quantity", default=0))["sum"]
        if there != expected:
            report.problems.append(f"There are {there} pieces, but the writers reported {expected}.")
        return report

    def _watch(self, pids: dict[int, int], report: Report) -> None:
        chance = random.Random(self.seed)
        kill_at = time.monotonic() + self.seconds_between_kills
        last, last_change = 0, time.monotonic()
        while pids:
            time.sleep(0.02)
            done = sum(slot.operations for slot in self._slots.all())
            if done != last:
                last, last_change = done, time.monotonic()
            if time.monotonic() - last_change > _PATIENCE_SECONDS:
                report.problems.append(f"Nothing happened for {_PATIENCE_SECONDS} seconds, after {done} operations.")
            over = done >= self.operations or bool(report.problems) or any(self._folder.glob("problem-*"))
            for pid in list(pids):
                if os.waitpid(pid, os.WNOHANG)[0]:
                    self._settle(pids.pop(pid))
            if over:
                (self._folder / "stop").touch()
                if report.problems:
                    for pid in pids:
                        os.kill(pid, signal.SIGKILL)
            elif pids and time.monotonic() >= kill_at:
                kill_at = time.monotonic() + self.seconds_between_kills
                self._replace(chance.choice(list(pids)), pids)
                report.kills += 1

    def _replace(self, pid: int, pids: dict[int, int]) -> None:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        writer = pids.pop(pid)
        self._settle(writer)
        pids[self._start(writer)] = writer

    def _settle(self, writer: int) -> None:
        """Whether the operation that a kill ended was committed, only the database knows: its note tells."""
        slot = self._slots[writer]
        if slot.under_way:
            close_old_connections()
            note = self._note(writer, slot.under_way)
            # The server may still be at work for a writer that is gone.
            self._wait_for_the_dead()
            found = Movement.objects.filter(note=note).first()
            self._unknown += found.delta if found else 0
            connections.close_all()
            self._slots[writer] = slot._replace(under_way=0)

    def _wait_for_the_dead(self) -> None:
        from django.db import connection

        if connection.vendor != "postgresql":
            return
        deadline = time.monotonic() + _PATIENCE_SECONDS
        with connection.cursor() as cursor:
            # Whoever began before the kill has ended when none of those backends is in its transaction any more.
            cursor.execute(
                "SELECT pid, xact_start FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
            )
            open_ones = set(cursor.fetchall())
            while open_ones and time.monotonic() < deadline:
                time.sleep(0.01)
                cursor.execute("SELECT pid, xact_start FROM pg_stat_activity WHERE xact_start IS NOT NULL")
                open_ones &= set(cursor.fetchall())

    def _note(self, writer: int, number: int) -> str:
        return f"writer {writer}, life {self._generation[writer]}, operation {number}"

    def _start(self, writer: int) -> int:
        self._generation[writer] += 1
        pid = os.fork()
        if pid:
            return pid
        try:
            self.in_child()
            self._work(writer)
        except BaseException:  # noqa: BLE001  (whatever it is, the one who watches has to know)
            (self._folder / f"problem-{writer}-{os.getpid()}").write_text(traceback.format_exc(limit=-6))
        finally:
            # Not sys.exit(): the parent's clean-up is not the child's.
            os._exit(0)

    def _work(self, writer: int) -> None:
        # One life does not repeat the one before.
        seed = f"{self.seed} {writer} {self._generation[writer]}"
        operations = Operations(random.Random(seed), self.world)
        number = 0
        slot: Slot = self._slots[writer]
        with open(self._folder / f"reversed-{writer}", "a", encoding="ascii") as reversed_ids:
            while not (self._folder / "stop").exists():
                number += 1
                self._slots[writer] = slot = slot._replace(under_way=number)
                outcome = operations.one(self._note(writer, number))
                if outcome.reversed_id is not None:
                    reversed_ids.write(f"{outcome.reversed_id}\n")
                    reversed_ids.flush()
                self._slots[writer] = slot = Slot(
                    slot.operations + 1, slot.refusals + bool(outcome.refusal), slot.pieces + outcome.delta
                )

    def _problems(self) -> list[str]:
        told = [path.read_text() for path in sorted(self._folder.glob("problem-*"))]
        counts = Counter(line for path in self._folder.glob("reversed-*") for line in path.read_text().split())
        return told + [f"Movement {pk} was taken back {n} times." for pk, n in counts.items() if n > 1]
