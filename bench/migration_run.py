"""One process of a migration: `python -m bench.migration_run WORKERS SHARD SHARDS`. Prints its figures."""

import json
import resource
import sys
import time
from collections import Counter
from pathlib import Path

import django


def main() -> None:
    """Migrate, and print the rows, when it began and ended, the peak of memory and how busy the processors were."""
    django.setup()
    from attachments.legacy.copying import migrate
    from attachments.legacy.rows import Shard
    from attachments.legacy.runs import Run, quiet

    workers, shard, shards = map(int, sys.argv[1:])
    counts: Counter[str] = Counter()
    idle_before, total_before = _processors()
    started = time.monotonic()
    with quiet():
        for outcome in migrate(Run(workers=workers, shard=Shard(shard, shards))):
            if outcome.complaint:
                raise RuntimeError(outcome.complaint)
            counts.update(outcome.counts)
    ended = time.monotonic()
    idle, total = _processors()
    figures = {
        "rows": counts["migrated"],
        "started": started,
        "ended": ended,
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
