"""How fast old content is moved into the content store, and in how much memory."""

import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from bench.backends import postgres_and_s3
from bench.results import Figure
from bench.server import ROOT

_LARGE = ["--parts", "10", "--attachments", "90", "--max-bytes", "16000000"]
_SMALL = ["--parts", "100", "--attachments", "1500", "--max-bytes", "40000"]
_ROUNDS = 3
_FEW, _MANY = 1000, 100_000


@dataclass(frozen=True)
class Run:
    """What `bench.migration_run` prints, of one process or of several together. Moments are of one clock."""

    rows: int
    started: float
    ended: float
    peak_megabytes: float
    busy: float

    @property
    def seconds(self) -> float:
        """From the first row of the first process to the last of the last."""
        return self.ended - self.started


def measure() -> Iterator[Figure]:
    """Bytes per second from folder to folder; rows per second from bucket to bucket; memory."""
    with tempfile.TemporaryDirectory(prefix="bench-migration-") as folder:
        environment = _environment(Path(folder))
        yield _folder(environment, Path(folder))
    yield _bucket()
    yield _memory()


def _folder(environment: dict[str, str], data_dir: Path) -> Figure:
    """Old files are read from the disk, not from memory: a store that is worth moving is larger than that."""
    _make_site(environment, _LARGE)
    files = [path for path in (data_dir / "legacy").rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1_000_000
    objects = data_dir / "store" / "cas"
    ours, alone = [], []
    for _ in range(_ROUNDS):
        _forget(files)
        alone.append(_seconds_of_reading_and_hashing(files))
        _forget(files)
        ours.append(_migrate(environment, 4).seconds)
        _manage(environment, "migrate_to_cas", "--revert", "--yes-i-am-sure")
        rmtree(objects)
        objects.mkdir()
    return Figure(
        "migrating files of 8 MB",
        size / statistics.median(ours),
        "MB/s",
        size / statistics.median(alone),
        "reading and hashing",
        0.6,
        at_least=True,
    )


def _bucket() -> Figure:
    """Two shards as two processes, with as many workers together as the one that they are compared with."""
    one = _in_bucket(workers=8, shards=1)
    two = _in_bucket(workers=4, shards=2)
    return Figure(
        "migrating in S3: two shards",
        two.rows / two.seconds,
        "rows/s",
        one.rows / one.seconds,
        f"one process, processors {one.busy:.0%} busy",
        1.3,
        at_least=True,
    )


def _in_bucket(*, workers: int, shards: int) -> Run:
    with tempfile.TemporaryDirectory(prefix="bench-migration-") as folder, _servers(Path(folder)) as environment:
        _make_site(environment, _SMALL)
        return _migrate(environment, workers, shards)


def _memory() -> Figure:
    peaks = []
    for rows in (_FEW, _MANY):
        with tempfile.TemporaryDirectory(prefix="bench-migration-") as folder:
            environment = _environment(Path(folder))
            _make_site(environment, ["--parts", "100", "--attachments", str(rows), "--max-bytes", "1100"])
            peaks.append(_migrate(environment, 4).peak_megabytes)
    return Figure(f"migrating {_MANY} rows: memory", peaks[1], "MB", peaks[0], f"{_FEW} rows", 1.1)


def _environment(data_dir: Path) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "DJANGO_SETTINGS_MODULE": "inventory.settings",
        "INVENTORY_DATA_DIR": str(data_dir),
        "DJANGO_SECRET_KEY": os.environ["DJANGO_SECRET_KEY"],
    }


@contextmanager
def _servers(folder: Path) -> Iterator[dict[str, str]]:
    """PostgreSQL, and an S3 server with an empty bucket."""
    with postgres_and_s3() as servers:
        yield {**_environment(folder / "data"), **servers}


def _make_site(environment: dict[str, str], size: list[str]) -> None:
    subprocess.run([sys.executable, "-m", "tests.legacy_site", *size], cwd=ROOT, env=environment, check=True)
    _manage(environment, "migrate", "--verbosity", "0")


def _manage(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _migrate(environment: dict[str, str], workers: int, shards: int = 1) -> Run:
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.migration_run", str(workers), str(shard), str(shards)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
        )
        for shard in range(1, shards + 1)
    ]
    runs = [Run(**json.loads(process.communicate()[0])) for process in processes]
    return Run(
        rows=sum(run.rows for run in runs),
        started=min(run.started for run in runs),
        ended=max(run.ended for run in runs),
        peak_megabytes=max(run.peak_megabytes for run in runs),
        busy=statistics.mean(run.busy for run in runs),
    )


def _forget(files: list[Path]) -> None:
    """Make the kernel read the files anew."""
    os.sync()
    for path in files:
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _seconds_of_reading_and_hashing(files: list[Path]) -> float:
    started = time.monotonic()
    for path in files:
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")
    return time.monotonic() - started
