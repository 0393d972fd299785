"""What the web server refuses before the project sees it."""

import pytest

from tests.plugins.server import Server, read_answer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


def test_is_an_error_like_every_other(server: Server) -> None:
    for request, status in (
        (b"GET /api/" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /api/parts HTTP/9.9\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET /api/parts HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\n\r\n", 431),
    ):
        with server.connect() as client:
            client.sendall(request)
            answer = read_answer(client)
        assert answer.status == status
        assert answer.headers["content-type"] == "application/json"
        assert answer.json() == {"error": "The request cannot be understood.", "details": {"code": "bad_request"}}


def test_a_long_address_is_read(server: Server) -> None:
    with server.connect() as client:
        client.sendall(b"GET /api/parts?q=" + b"x" * 8000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert read_answer(client).status == 401
