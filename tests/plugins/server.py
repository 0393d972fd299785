"""The project as it runs in production: gunicorn in a process of its own, on the test's database and store."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from inventory.static_files import StaticFilesStorage
from tests.backends import PATIENCE_SECONDS, free_port, wait_for_port
from tests.plugins.deaths import kill_all, wait_until

ROOT = Path(__file__).resolve().parents[2]

# As /proc/net/tcp has it.
_TIME_WAIT, _LISTENS = "06", "0A"


@dataclass(frozen=True)
class Server:
    """A running gunicorn. `log` grows with every request."""

    port: int
    log: Path
    pid: int

    def connect(self) -> socket.socket:
        """A connection with small buffers, so that what was sent is nearly what was read."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
        client.settimeout(PATIENCE_SECONDS)
        client.connect(("127.0.0.1", self.port))
        return client

    def open_files(self) -> int:
        """How many descriptors the workers have."""
        workers = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii").split()
        return sum(len(list(Path(f"/proc/{worker}/fd").iterdir())) for worker in workers)

    def is_idle(self) -> bool:
        """Whether it has answered everything and closed every connection."""
        lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        states = [state for _, local, _, state, *_ in map(str.split, lines) if local.endswith(f":{self.port:04X}")]
        return set(states) <= {_LISTENS, _TIME_WAIT}

    def events(self) -> list[dict[str, Any]]:
        """The log so far, one event a line; what is no event is left out."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@dataclass(frozen=True)
class Answer:
    """What came back over a socket."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


def read_answer(client: socket.socket) -> Answer:
    """One answer with a Content-Length."""
    with client.makefile("rb") as stream:
        return _parse(stream)


def _parse(stream: BinaryIO) -> Answer:
    status = int(stream.readline().split()[1])
    headers: dict[str, str] = {}
    while line := stream.readline().strip().decode("latin-1"):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Answer(status, headers, stream.read(int(headers["content-length"])))


def database_url() -> str:
    """The address of the database that the test runs on."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


@cache
def collect() -> None:
    """Put there what pages need beside their HTML, once."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)


@contextmanager
def server_process(
    arguments: list[str], environment: dict[str, str]
) -> "Iterator[tuple[subprocess.Popen[bytes], Path]]":
    """Run Python with these arguments on the test's database. Gives the process and its log; kills it in the end."""
    with tempfile.TemporaryDirectory(prefix="inventory-server-") as folder:
        log = Path(folder, "log")
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                # Killed, it leaves its temporary files.
                env={**os.environ, "DATABASE_URL": database_url(), "TMPDIR": folder, **environment},
                stderr=stderr,
            )
        try:
            yield process, log
        finally:
            kill_all(process)


@contextmanager
def serving(**environment: str) -> Iterator[Server]:
    """Run gunicorn with the project's configuration and further variables."""
    collect()
    port = free_port()
    with server_process(["-m", "gunicorn"], {"PORT": str(port), **environment}) as (process, log):
        wait_for_port(port, process)
        yield Server(port, log, process.pid)


@pytest.fixture(scope="session")
def shared_server(django_db_setup: None) -> Iterator[Server]:
    """One gunicorn for all tests that need no variables of their own. Links may lead to servers of the tests."""
    with serving(FETCH_ALLOWED_HOSTS="127.0.0.0/8") as running:
        yield running


@pytest.fixture
def server(shared_server: Server, transactional_db: None) -> Iterator[Server]:
    """The running server, which is done with everything before the tables are emptied."""
    yield shared_server
    wait_until(shared_server.is_idle)


@pytest.fixture(scope="session", autouse=True)
def pages() -> Iterator[None]:
    """The files of the pages are there as soon as a page of this process asks for one, whichever test is the first."""
    named = StaticFilesStorage.url

    def collected(self: StaticFilesStorage, *args: Any, **kwargs: Any) -> str:
        collect()
        name: str = named(self, *args, **kwargs)
        return name

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StaticFilesStorage, "url", collected)
        # Or WhiteNoise looks at all of them for every new client.
        patch.setattr(settings, "WHITENOISE_AUTOREFRESH", True, raising=False)
        yield
