"""The server as in production, in a data folder of its own, and what the kernel counts of it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from tests.backends import free_port, wait_for_port

ROOT = Path(__file__).resolve().parents[1]
_WORKERS = 2
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running gunicorn, on SQLite and a folder unless said otherwise. All figures are sums over its workers."""

    port: int
    data_dir: Path
    workers: tuple[Path, ...]
    environment: dict[str, str]

    def manage(self, *arguments: str, **variables: str) -> str:
        """What a command prints that runs beside the server."""
        return _manage({**self.environment, **variables}, *arguments)

    def cpu_seconds(self) -> float:
        """Processor time so far, of the processes that open pictures too."""
        ticks = 0
        for process in self._processes():
            fields = (process / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
        return ticks / _TICKS

    def _processes(self) -> list[Path]:
        """The workers, and what their threads have started."""
        found = list(self.workers)
        for worker in self.workers:
            for children in (worker / "task").glob("*/children"):
                found += [Path("/proc") / word for word in children.read_text(encoding="ascii").split()]
        return found

    def memory_bytes(self) -> int:
        """What is in memory now."""
        return self._status("VmRSS")

    def peak_bytes(self) -> int:
        """The most that was in memory since `forget_peak`."""
        return self._status("VmHWM")

    def forget_peak(self) -> None:
        """Begin anew (proc(5), clear_refs)."""
        for worker in self.workers:
            (worker / "clear_refs").write_text("5", encoding="ascii")

    def _status(self, name: str) -> int:
        kilobytes = 0
        for worker in self.workers:
            lines = (worker / "status").read_text(encoding="ascii").splitlines()
            kilobytes += int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])
        return kilobytes * 1024


@contextmanager
def serving(**variables: str) -> Iterator[Server]:
    """Migrate an empty database and serve it, in an environment where nothing but these variables is set."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        port = free_port()
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "INVENTORY_DATA_DIR": folder,
            # The one that signs here: the tests have set another in the environment since.
            "DJANGO_SECRET_KEY": variables.get("DJANGO_SECRET_KEY") or settings.SECRET_KEY,
            "PORT": str(port),
            "WEB_CONCURRENCY": str(_WORKERS),
            **variables,
        }
        _manage(environment, "migrate", "--verbosity", "0")
        _manage(environment, "collectstatic", "--no-input", "--verbosity", "0")
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
        )
        try:
            wait_for_port(port, process)
            yield Server(port, Path(folder), _workers(process.pid), environment)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


def _manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def _workers(master: int) -> tuple[Path, ...]:
    """All of them, once they are there."""
    children = Path(f"/proc/{master}/task/{master}/children")
    while len(workers := children.read_text(encoding="ascii").split()) < _WORKERS:
        time.sleep(0.05)
    return tuple(Path("/proc") / worker for worker in workers)
