"""Whoever sends nothing, or half a head, holds nobody else up."""

import socket
import time
from contextlib import ExitStack

import pytest

from tests.backends import PATIENCE_SECONDS
from tests.plugins.server import Server, read_answer, serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once, pytest.mark.long]

HALF = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Half: "
WHOLE = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


def status_of(client: socket.socket, request: bytes = WHOLE) -> int:
    client.sendall(request)
    return read_answer(client).status


def crowd(server: Server, stack: ExitStack, number: int, first_bytes: bytes) -> list[socket.socket]:
    clients = [stack.enter_context(server.connect()) for _ in range(number)]
    for client in clients:
        client.sendall(first_bytes)
    return clients


@pytest.mark.parametrize(("number", "first_bytes"), [(60, b""), (40, HALF)], ids=["silent", "half a head"])
def test_a_crowd_takes_no_thread(number: int, first_bytes: bytes) -> None:
    with serving(WEB_CONCURRENCY="1") as server, ExitStack() as stack:
        clients = crowd(server, stack, number, first_bytes)
        for _ in range(5):
            with server.connect() as client:
                assert status_of(client) == 200
        # The answers did not wait until the crowd was dropped.
        clients[-1].setblocking(False)
        with pytest.raises(BlockingIOError):
            clients[-1].recv(1)
        # A head may come in pieces, the end too.
        slow = clients[0]
        rest = b"x\r\n\r\n" if first_bytes else WHOLE
        slow.sendall(rest[:-3])
        time.sleep(0.2)
        assert status_of(slow, rest[-3:]) == 200
        # The others are dropped when their time is over.
        clients[-1].settimeout(PATIENCE_SECONDS)
        assert clients[-1].recv(1) == b""


def test_requests_on_one_connection_follow_each_other() -> None:
    with serving() as server, server.connect() as client, client.makefile("rb") as stream:
        client.sendall(WHOLE + WHOLE + HALF)
        statuses = []
        for _ in range(2):
            statuses.append(stream.readline().split()[1])
            length = 0
            while line := stream.readline().strip().lower():
                if line.startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            stream.read(length)
        client.sendall(b"\r\n\r\n")
        statuses.append(stream.readline().split()[1])
        assert statuses == [b"200"] * 3


def test_a_head_without_end_is_refused() -> None:
    with serving() as server, server.connect() as client:
        line = b"X: " + b"x" * 4000 + b"\r\n"
        client.sendall(b"GET /health/live HTTP/1.1\r\n" + line * 18)
        answer = read_answer(client)
        assert (answer.status, answer.json()["details"]["code"]) == (431, "bad_request")
