"""The whole site as `manage.py serve` runs it: the web server, and the event stream beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.backends import free_port, wait_for_port
from tests.plugins.deaths import children
from tests.plugins.server import Server, collect, server_process


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


@contextmanager
def serving_pair(**environment: str) -> Iterator[Pair]:
    """Run `manage.py serve` with further variables."""
    collect()
    port, stream_port = free_port(), free_port()
    with server_process(
        ["manage.py", "serve"], {"PORT": str(port), "STREAM_PORT": str(stream_port), **environment}
    ) as (process, log):
        wait_for_port(port, process)
        wait_for_port(stream_port, process)
        yield Pair(port, log, process.pid, stream_port)
