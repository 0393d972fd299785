"""A server is restarted while people use it: nobody is refused, and nobody waits for what it imports."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from parts.models import PartType
from tests.backends import PATIENCE_SECONDS, free_port, wait_for_port
from tests.plugins.deaths import children, is_alive, wait_until
from tests.plugins.server import ROOT, database_url

# On what production runs on: a worker is a copy of a process, and may not share its connections.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only("servers"), pytest.mark.long]

PER_SECOND = 25
WORKERS = 2


class Generations:
    """gunicorn in production's configuration, and whatever follows it on its port."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        # While it is not there, whatever imports the application waits (slow_wsgi.py).
        self.may_import = folder / "may_import"
        self.may_import.touch()
        self.messages = folder / "systemd"
        self._systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._systemd.bind(str(self.messages))
        self._systemd.settimeout(PATIENCE_SECONDS)
        environment = {"DATABASE_URL": database_url(), "PORT": str(self.port), "INVENTORY_OPEN_API": "true"}
        environment |= {"WEB_CONCURRENCY": str(WORKERS), "MAY_IMPORT": str(self.may_import)}
        with (folder / "log").open("wb") as log:
            self.first = subprocess.Popen(
                # As a program: started with `python -m gunicorn`, it does not find itself again.
                [str(Path(sys.executable).with_name("gunicorn")), "tests.inventory.slow_wsgi:application"],
                cwd=ROOT,
                env={**os.environ, **environment, "NOTIFY_SOCKET": str(self.messages)},
                stderr=log,
            )
        wait_for_port(self.port, self.first)
        self.pid = self.first.pid
        wait_until(lambda: len(self.children()) == WORKERS)
        self.may_import.unlink()

    def told(self) -> str:
        """What systemd is told next."""
        return self._systemd.recv(1000).decode()

    def children(self) -> set[int]:
        return set(children(self.pid))

    def stop(self) -> None:
        self.may_import.touch()
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        if self.first.poll() is None:
            self.first.wait(PATIENCE_SECONDS)
        wait_until(lambda: not is_alive(self.pid))
        self._systemd.close()


class Visitors:
    """So many requests a second, every fifth of which adds something, each on a connection of its own."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ending = threading.Event()
        self._counting = threading.Lock()
        self.answered = 0
        self.added: list[str] = []
        self.failed: list[str] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        self._thread.join()

    def wait_for(self, requests: int) -> None:
        goal = self.answered + len(self.failed) + requests
        wait_until(lambda: self.answered + len(self.failed) >= goal)

    def _run(self) -> None:
        with ThreadPoolExecutor(50) as pool:
            number = 0
            while not self._ending.wait(1 / PER_SECOND):
                pool.submit(self._ask, number)
                number += 1

    def _ask(self, number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        try:
            if number % 5:
                connection.request("GET", "/api/types")
            else:
                body = json.dumps({"name": f"Type {number}"})
                connection.request("POST", "/api/types", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status == 201:
                self.added.append(f"Type {number}")
            elif answer.status != 200:
                self.failed.append(f"{number}: {answer.status}")
        except (OSError, http.client.HTTPException) as error:
            self.failed.append(f"{number}: {error!r}")
        else:
            with self._counting:
                self.answered += 1
        finally:
            connection.close()


@pytest.fixture
def generations(tmp_path: Path) -> Iterator[Generations]:
    generations = Generations(tmp_path)
    yield generations
    generations.stop()


def hang_up(generations: Generations, visitors: Visitors) -> None:
    """HUP: new workers, the same code, which none of them imports."""
    old = generations.children()
    os.kill(generations.pid, signal.SIGHUP)
    wait_until(lambda: not old & generations.children())


def reload(generations: Generations, visitors: Visitors) -> None:
    """USR2: a second generation, with whatever code lies there now. The first serves meanwhile, and leaves by itself."""
    workers = generations.children()
    assert "READY=1" in generations.told()
    os.kill(generations.pid, signal.SIGUSR2)
    wait_until(lambda: generations.children() - workers)
    [second] = generations.children() - workers
    visitors.wait_for(2 * PER_SECOND)
    generations.may_import.touch()
    generations.first.wait(PATIENCE_SECONDS)
    assert generations.first.returncode == 0
    # Of which process is the service, systemd has to know, or it would end the second with the first.
    assert "READY=1" in generations.told()
    assert generations.told() == f"MAINPID={second}"
    generations.pid = second


@pytest.mark.parametrize("restart", [hang_up, reload])
def test_nobody_notices(generations: Generations, restart: Callable[[Generations, Visitors], None]) -> None:
    visitors = Visitors(generations.port)
    try:
        visitors.wait_for(2 * PER_SECOND)
        restart(generations, visitors)
        visitors.wait_for(2 * PER_SECOND)
    finally:
        visitors.stop()
    assert visitors.failed == []
    assert sorted(visitors.added) == sorted(PartType.objects.values_list("name", flat=True))


def test_a_second_generation_that_dies_before_it_serves_changes_nothing(generations: Generations) -> None:
    workers = generations.children()
    os.kill(generations.pid, signal.SIGUSR2)
    wait_until(lambda: generations.children() - workers)
    [second] = generations.children() - workers
    os.kill(second, signal.SIGKILL)
    wait_until(lambda: generations.children() == workers)
    connection = http.client.HTTPConnection("127.0.0.1", generations.port, timeout=PATIENCE_SECONDS)
    connection.request("GET", "/health/live")
    assert connection.getresponse().status == 200
    connection.close()
