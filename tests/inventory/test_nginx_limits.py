"""What nginx, with the example's configuration, keeps away from the server, and what it lets through."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token

from parts.models import Part
from tests.backends import PATIENCE_SECONDS, free_port
from tests.plugins.files import pdf
from tests.plugins.nginx import Ask, asking, needs_nginx, nginx
from tests.plugins.server import Server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once, needs_nginx]

MEGABYTE = 1_000_000


@pytest.fixture
def port(server: Server, tmp_path: Path) -> Iterator[int]:
    """A fresh one each time: it remembers what an address has taken."""
    with nginx(tmp_path, web=server.port) as port:
        yield port


@pytest.fixture
def ask(port: int) -> Ask:
    return asking(port)


def announced(port: int, path: str, length: int, *headers: str) -> tuple[int, dict[str, str], str]:
    """What is answered to a request that announces such a body and sends nothing of it."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as client:
        lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {length}", "Connection: close", *headers]
        client.sendall("\r\n".join([*lines, "", ""]).encode())
        answer = b""
        while piece := client.recv(65536):
            answer += piece
    head, _, body = answer.decode().partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    pairs = (line.split(": ", 1) for line in lines)
    return int(status.split()[1]), {name.lower(): value for name, value in pairs}, body


class TestBodies:
    def test_of_strangers_are_not_read(self, port: int) -> None:
        status, headers, body = announced(port, "/api/attachment-sets/1/attachments", 400 * MEGABYTE)
        assert (status, json.loads(body)["details"]["code"]) == (401, "login_required")
        assert headers["cache-control"] == "no-store"
        status, headers, _ = announced(port, "/admin/parts/part/add/", 400 * MEGABYTE)
        assert (status, headers["location"]) == (303, "/admin/login/?next=/admin/parts/part/add/")
        wrong = announced(port, "/api/attachment-sets/1/attachments", 400 * MEGABYTE, "Authorization: Token wrong")
        assert wrong[0] == 401

    @pytest.mark.parametrize("path", ["/api/parts", "/admin/login/", "/", "/health/ready", "/api/cas/x"])
    def test_are_small_everywhere_else(self, port: int, path: str, superuser: User) -> None:
        token = f"Authorization: Token {Token.objects.create(user=superuser)}"
        status, headers, body = announced(port, path, 4 * MEGABYTE, token)
        assert (status, json.loads(body)["details"]["code"]) == (413, "body_too_large")
        assert headers["cache-control"] == "no-store"

    def test_of_who_is_logged_in_arrive(self, ask: Ask, superuser: User) -> None:
        part = Part.objects.create(description="A timer")
        data = pdf() + bytes(6 * MEGABYTE)
        form = (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="sheet.pdf"\r\n\r\n'
            + data
            + b"\r\n--x--\r\n"
        )
        status, _, body = ask(
            f"/api/attachment-sets/{part.attachment_set_id}/attachments",
            "POST",
            form,
            Content_Type="multipart/form-data; boundary=x",
            Authorization=f"Token {Token.objects.create(user=superuser)}",
        )
        assert (status, json.loads(body)["file_size"]) == (201, len(data))

    def test_reading_needs_no_question(self, ask: Ask) -> None:
        # Inventory's own answers, not nginx's.
        assert ask("/api/attachment-sets/1/attachments")[0] == 401
        status, headers, _ = ask("/admin/parts/part/add/")
        assert (status, headers["location"]) == (302, "/admin/login/?next=/admin/parts/part/add/")


class TestAServerThatIsGone:
    @pytest.mark.parametrize(
        ("path", "method"),
        [("/api/parts", "GET"), ("/api/parts", "POST"), ("/api/attachment-sets/1/attachments", "POST"), ("/", "GET")],
    )
    def test_is_told_in_a_sentence(self, tmp_path: Path, path: str, method: str) -> None:
        with nginx(tmp_path, web=free_port()) as port:
            status, headers, body = asking(port)(path, method)
        assert (status, headers["cache-control"], headers["retry-after"]) == (503, "no-store", "5")
        assert json.loads(body) == {
            "error": "The server does not answer; try again.",
            "details": {"code": "server_unavailable"},
        }


class TestCrowds:
    def test_at_the_login_are_slowed_down(self, ask: Ask) -> None:
        # Forms without a CSRF token: the server refuses each of them, and so would each guess be.
        statuses = [ask("/admin/login/", "POST", b"username=chief&password=guess")[0] for _ in range(40)]
        assert set(statuses) == {403, 429}
        assert statuses[:20] == [403] * 20
        status, headers, body = ask("/admin/login/", "POST", b"")
        assert (status, headers["retry-after"]) == (429, "10")
        assert json.loads(body)["details"]["code"] == "throttled"
        # Whoever only looks at the page sees it.
        assert ask("/admin/login/")[0] == 200

    def test_from_one_address_get_so_many_requests_at_a_time(self, port: int, ask: Ask) -> None:
        with ExitStack() as stack:
            for _ in range(100):
                client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS))
                # Half a body: it is under way until nginx gives up.
                client.sendall(b"POST /api/types HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
            statuses = set()
            while 429 not in statuses:
                statuses.add(ask("/health/live")[0])
            assert statuses <= {200, 429}
