"""Clients that cost little: one process and one kept connection each."""

import multiprocessing
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_BUFFER_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Request:
    """What is asked for, and the status that has to come back."""

    path: str
    status: int = 200
    headers: str = ""
    method: str = "GET"
    body: bytes = b""

    @property
    def data(self) -> bytes:
        """As it is sent."""
        length = f"Content-Length: {len(self.body)}\r\n" if self.body else ""
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: localhost\r\n{self.headers}{length}\r\n"
        return head.encode() + self.body


def ask(port: int, request: Request, times: int, *, clients: int = 1) -> float:
    """Let every client ask so many times. Returns the seconds that it took; raises RuntimeError at a wrong answer."""
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(clients + 1)
    processes = [context.Process(target=_client, args=(port, request, times, barrier)) for _ in range(clients)]
    for process in processes:
        process.start()
    barrier.wait(30)
    started = time.perf_counter()
    for process in processes:
        process.join()
    elapsed = time.perf_counter() - started
    if any(process.exitcode for process in processes):
        raise RuntimeError(f"{request.path.split('?')[0]} was not answered with {request.status}")
    return elapsed


@contextmanager
def reading(port: int, count: int) -> Iterator[None]:
    """A client that reads so many bytes, while the block runs."""
    process = multiprocessing.get_context("fork").Process(target=_reader, args=(port, count))
    process.start()
    yield
    process.join()


def _reader(port: int, count: int) -> None:
    buffer = bytearray(_BUFFER_BYTES)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        while count > 0:
            count -= connection.recv_into(buffer)


def _client(port: int, request: Request, times: int, barrier: Any) -> None:
    buffer = bytearray(_BUFFER_BYTES)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        barrier.wait(30)
        for _ in range(times):
            connection.sendall(request.data)
            if _read_answer(connection, buffer) != request.status:
                raise SystemExit(1)


def _read_answer(connection: socket.socket, buffer: bytearray) -> int:
    head = b""
    while b"\r\n\r\n" not in head:
        received = connection.recv(65536)
        if not received:
            raise SystemExit(1)
        head += received
    head, _, rest = head.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
    status = int(lines[0].split()[1])
    left = 0 if status == 304 else length - len(rest)
    while left > 0:
        received_bytes = connection.recv_into(buffer, min(left, len(buffer)))
        if not received_bytes:
            raise SystemExit(1)
        left -= received_bytes
    return status
