"""The whole site as `manage.py serve` runs it: the web server, and the event stream beside it."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.backends import PATIENCE_SECONDS, free_port, wait_for_port
from tests.plugins.server import ROOT, Server, collect, database_url


@dataclass(frozen=True)
class Pair(Server):
    """Both processes; `pid` is that of the program that runs them."""

    stream_port: int

    def process(self, config: str) -> int:
        """The pid of the gunicorn with this configuration."""
        for child in children(self.pid):
            if config in Path(f"/proc/{child}/cmdline").read_text(encoding="utf-8"):
                return child
        raise AssertionError(f"There is no {config}.")

    @property
    def web(self) -> int:
        """The pid of the web server."""
        return self.process("gunicorn.conf.py")

    @property
    def stream(self) -> int:
        """The pid of the event stream."""
        return self.process("inventory.stream.gunicorn")


def children(pid: int) -> list[int]:
    """The pids of a process' children."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


@contextmanager
def serving_pair(**environment: str) -> Iterator[Pair]:
    """Run `manage.py serve` with further variables."""
    collect()
    port, stream_port = free_port(), free_port()
    with tempfile.NamedTemporaryFile("wb", suffix=".log") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env={
                **os.environ,
                "DATABASE_URL": database_url(),
                "PORT": str(port),
                "STREAM_PORT": str(stream_port),
                **environment,
            },
            stderr=log,
        )
        try:
            wait_for_port(port, process)
            wait_for_port(stream_port, process)
            yield Pair(port, Path(log.name), process.pid, stream_port)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_SECONDS)
