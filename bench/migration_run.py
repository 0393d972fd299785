"""One run of the migration: `python -m bench.migration_run WORKERS PROCESSES`. Prints its figures."""

import json
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import django

Item = TypeVar("Item")


class Silence:
    """Nobody watches; what fails ends the run."""

    def progress(self, items: Iterable[Item], total: int, what: str) -> Iterator[Item]:
        """The items."""
        return iter(items)

    def complain(self, message: str) -> None:
        """Raise RuntimeError."""
        raise RuntimeError(message)


def main() -> None:
    """Migrate, and print the rows, the seconds, the peak of memory and how busy the processors were."""
    django.setup()
    from attachments.legacy.copying import migrate
    from attachments.legacy.progress import Progress, quiet
    from attachments.legacy.workers import WorkerPool

    progress = Progress(Silence())
    idle_before, total_before = _processors()
    started = time.monotonic()
    with quiet():
        migrate(progress, WorkerPool(*map(int, sys.argv[1:])))
    seconds = time.monotonic() - started
    idle, total = _processors()
    figures = {
        "rows": progress.summary()["migrated"],
        "seconds": seconds,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
        "busy": 1 - (idle - idle_before) / max(total - total_before, 1),
    }
    sys.stdout.write(json.dumps(figures))


def _processors() -> tuple[int, int]:
    """Ticks in which nobody ran, and all ticks, of all processors so far (proc(5), stat)."""
    line = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
    ticks = [int(text) for text in line.split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


if __name__ == "__main__":
    main()
