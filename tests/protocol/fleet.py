"""Real processes to be killed: gunicorn with its workers, and the commands, each with children in a group of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.backends import free_port, wait_for_port
from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.deaths import children
from tests.plugins.server import ROOT, database_url

GUNICORN = ["gunicorn", "--graceful-timeout", "2"]


class Fleet:
    """A server and the commands beside it. What is killed comes back."""

    def __init__(self, folder: Path, *, server_workers: int, commands: Sequence[str]) -> None:
        self.port = 0
        self.commands = commands
        self._folder = folder
        self._environment = {**os.environ, "DATABASE_URL": database_url()}
        self._environment |= {"INVENTORY_OPEN_API": "true", "WEB_CONCURRENCY": str(server_workers)}
        self._server: subprocess.Popen[bytes] | None = None
        self._workers: dict[int, subprocess.Popen[bytes]] = {}
        self._log = folder / "log"
        self._spawned = 0

    def start(self) -> None:
        """Start what does not run, and return when the server answers."""
        if self._server is None:
            # Another each time: while nobody listens on the old one, somebody else may take it.
            self.port = free_port()
            self._server = self._spawn("gunicorn", *GUNICORN)
        for number, name in enumerate(self.commands):
            if number in self._workers and self._workers[number].poll() is not None:
                raise RuntimeError(f"{name} ended by itself: {self._log.read_text(encoding='utf-8')[-5000:]}")
            if number not in self._workers:
                self._workers[number] = self._spawn(name, "tests.protocol.worker", name)
        wait_for_port(self.port, self._server)

    def kill_server(self) -> None:
        """SIGKILL for gunicorn and its workers at once."""
        assert self._server is not None, "it does not run"
        self._kill(self._server)
        self._server = None

    def kill_server_worker(self) -> None:
        """SIGKILL for one worker; gunicorn starts another."""
        assert self._server is not None, "it does not run"
        workers = children(self._server.pid)
        if workers:
            os.kill(workers[0], signal.SIGKILL)

    def kill_command(self, number: int) -> None:
        """SIGKILL for one of the commands."""
        self._kill(self._workers.pop(number))

    def stop(self) -> None:
        """Kill everything that is left."""
        for number in list(self._workers):
            self.kill_command(number)
        if self._server is not None:
            self.kill_server()

    def summaries(self, name: str) -> list[dict[str, Any]]:
        """What the rounds of a command have told."""
        lines = [
            line
            for path in self._folder.glob(f"{name}-*")
            for line in path.read_text(encoding="utf-8").splitlines(keepends=True)
            # The last one may have been cut by the kill.
            if line.startswith("{") and line.endswith("}\n")
        ]
        return [json.loads(line) for line in lines]

    def _spawn(self, name: str, *module: str) -> subprocess.Popen[bytes]:
        self._spawned += 1
        with (self._folder / f"{name}-{self._spawned}").open("wb") as stdout, self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *module],
                cwd=ROOT,
                env={**self._environment, "PORT": str(self.port)},
                stdout=stdout,
                stderr=log,
                start_new_session=True,
            )

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(PATIENCE_SECONDS)
