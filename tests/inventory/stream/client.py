"""Reading event streams as a browser does."""

import json
import os
import resource
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.backends import free_port, wait_for_port
from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.server import ROOT

PATH = "/api/sse/stream?request_id=0123456789abcdefghijklmnopqrstuv"


@contextmanager
def streaming(**environment: str) -> Iterator[int]:
    """Run the stream process with further variables; gives its port."""
    with stream_process(**environment) as (port, _):
        yield port


@contextmanager
def stream_process(**environment: str) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Run it; gives its port and the process, in a group of its own."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "python:inventory.stream.gunicorn", "--log-level", "warning"],
        cwd=ROOT,
        env={**os.environ, "STREAM_PORT": str(port), **environment},
        process_group=0,
    )
    try:
        wait_for_port(port, process)
        yield port, process
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


class Stream:
    """One connection. `text` is what has come so far, without the framing of chunks."""

    def __init__(self, port: int, path: str = PATH, method: str = "GET", **headers: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "localhost", **headers}.items())
        self.socket.sendall(f"{method} {path} HTTP/1.1\r\n{lines}Accept: text/event-stream\r\n\r\n".encode())
        self.received = b""
        self.ended = False

    def read(self) -> None:
        """Take what has come; wait if nothing has."""
        data = self.socket.recv(65536)
        self.ended = not data
        self.received += data

    def until(self, done: Callable[["Stream"], Any]) -> Any:
        """What `done` says of the stream, as soon as it says something."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (said := done(self)):
            assert not self.ended, f"The stream has ended: {self.received!r}"
            assert time.monotonic() < deadline, f"In vain: {self.received!r}"
            self.read()
        return said

    @property
    def status(self) -> int:
        """Of the answer."""
        return int(self.until(lambda stream: b"\r\n\r\n" in stream.received and stream.received.split()[1]))

    @property
    def headers(self) -> dict[str, str]:
        """Of the answer, with names in lower case."""
        assert self.status
        lines = self.received.split(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        return {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}

    @property
    def lines(self) -> list[str]:
        """Of the events so far; the sizes of chunks are no lines of events."""
        body = self.received.partition(b"\r\n\r\n")[2].decode()
        return [line for line in body.replace("\r\n", "\n").split("\n") if ":" in line]

    @property
    def comments(self) -> int:
        """How many heartbeats there were, with the first comment."""
        return self.lines.count(":")

    @property
    def versions(self) -> list[str]:
        """What the `version` events said."""
        events = [json.loads(line.removeprefix("data: ")) for line in self.lines if line.startswith("data: ")]
        assert {event["type"] for event in events} <= {"version"}
        return [event["payload"]["version"] for event in events]

    def close(self) -> None:
        """Go."""
        self.socket.close()


@contextmanager
def many(count: int, port: int) -> Iterator[list[Stream]]:
    """So many streams, all of them open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    streams: list[Stream] = []
    try:
        streams += (Stream(port) for _ in range(count))
        for stream in streams:
            assert stream.status == 200, stream.received
            stream.until(lambda opened: opened.comments)
        yield streams
    finally:
        for stream in streams:
            stream.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def read_all(streams: list[Stream], seconds: float) -> None:
    """Take what comes within this time, from all of them; fail when one ends."""
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as selector:
        for stream in streams:
            selector.register(stream.socket, selectors.EVENT_READ, stream)
        while (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                key.data.read()
                assert not key.data.ended
