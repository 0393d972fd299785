"""Files over sockets, against the server of production."""

import select
import socket
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token

from attachments.models import Attachment
from cas.models import Blob
from tests.factories import PartFactory
from tests.plugins.deaths import wait_until
from tests.plugins.files import pdf, picture, sha256
from tests.plugins.server import Answer, Server, read_answer

pytestmark = pytest.mark.django_db(transaction=True)

MEGABYTE = 1_000_000
# What may be under way in the buffers of both ends, beside what the server has read: the kernel lets the receiving one
# grow to this when the server is slow.
UNDER_WAY = int(Path("/proc/sys/net/ipv4/tcp_rmem").read_text().split()[2]) + MEGABYTE


@pytest.fixture
def upload(superuser: User) -> Callable[..., bytes]:
    """The head of an upload into a new set, with a login."""
    path = f"/api/attachment-sets/{PartFactory.create().attachment_set_id}/attachments"
    token = Token.objects.create(user=superuser)

    def head(length: int) -> bytes:
        return request("POST", path, length, "multipart/form-data; boundary=x", Authorization=f"Token {token}")

    return head


def request(method: str, path: str, length: int, content_type: str = "", **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {length}"]
    lines += [f"Content-Type: {content_type}"] if content_type else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def form(data: bytes, name: str = "x.jpg") -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + data + b"\r\n--x--\r\n"


def push(client: socket.socket, data: bytes, total: int) -> int:
    """Send the data and then zeros, until there is an answer or the total is sent. Returns how much was sent."""
    zeros = bytes(64 * 1024)
    client.sendall(data)
    sent = len(data)
    while sent < total and not select.select([client], [], [], 0)[0]:
        select.select([client], [client], [])
        try:
            sent += client.send(zeros[: total - sent], socket.MSG_DONTWAIT)
        except BlockingIOError:
            continue
        except ConnectionError:
            break
    return sent


def error_of(answer: Answer) -> str:
    assert answer.headers["content-type"] == "application/json"
    return str(answer.json()["details"]["code"])


class TestSizes:
    """The server stops reading early, and the client gets the sentence all the same."""

    @pytest.mark.parametrize(
        ("total", "data", "read", "code", "words"),
        [
            (505, pdf(), 8, "file_too_large", "505.0 MB; at most 500 MB"),
            (90, picture(form="PNG"), 38, "file_too_large", "This PNG picture has 90.0 MB; at most 30 MB"),
        ],
        ids=["a body that no file may have", "a picture that turns out too large"],
    )
    def test_of_a_file(
        self,
        server: Server,
        upload: Callable[..., bytes],
        staged_files: Callable[[], list[Path]],
        total: int,
        data: bytes,
        read: int,
        code: str,
        words: str,
    ) -> None:
        with server.connect() as client:
            sent = push(client, upload(total * MEGABYTE) + form(data)[:-9], total * MEGABYTE)
            answer = read_answer(client)
        assert (answer.status, error_of(answer)) == (400, code)
        assert words in answer.json()["error"]
        assert sent < read * MEGABYTE + UNDER_WAY
        assert staged_files() == []

    def test_a_stranger_at_the_login_page(self, server: Server, staged_files: Callable[[], list[Path]]) -> None:
        cookie = "csrftoken=" + "t" * 32
        with server.connect() as client:
            head = request("POST", "/admin/login/", 90 * MEGABYTE, "multipart/form-data; boundary=x", Cookie=cookie)
            token = b'--x\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n' + b"t" * 32 + b"\r\n"
            sent = push(client, head + token + form(picture())[:-9], 90 * MEGABYTE)
            answer = read_answer(client)
        assert answer.status == 403
        assert b"Log in before sending files." in answer.body
        assert sent < 8 * MEGABYTE + UNDER_WAY
        assert staged_files() == []

    def test_json_without_end(self, server: Server, superuser: User) -> None:
        token = Token.objects.create(user=superuser)
        head = request("POST", "/api/parts", 200 * MEGABYTE, "application/json", Authorization=f"Token {token}")
        with server.connect() as client:
            sent = push(client, head + b'{"description": "', 200 * MEGABYTE)
            answer = read_answer(client)
        assert answer.status == 400
        assert error_of(answer) == "body_too_large"
        assert sent < 8 * MEGABYTE + UNDER_WAY

    @pytest.mark.parametrize(
        ("path", "kind", "token", "status"),
        [
            ("/api/parts", "application/json", True, 400),
            ("/api/parts", "application/json", False, 401),
            ("/api/nothing", "application/json", True, 404),
            ("/admin/login/", "application/x-www-form-urlencoded", False, 403),
        ],
    )
    def test_whoever_only_sends_reads_the_refusal(
        self, server: Server, superuser: User, path: str, kind: str, token: bool, status: int
    ) -> None:
        headers = {"Authorization": f"Token {Token.objects.create(user=superuser)}"} if token else {}
        with server.connect() as client:
            client.sendall(request("POST", path, 7 * MEGABYTE, kind, **headers) + bytes(7 * MEGABYTE))
            assert read_answer(client).status == status


class TestBrokenConnections:
    @pytest.mark.parametrize("resets", [False, True], ids=["it closes", "it resets the connection"])
    def test_a_client_that_goes_away_in_the_middle_leaves_nothing(
        self, server: Server, upload: Callable[..., bytes], staged_files: Callable[[], list[Path]], resets: bool
    ) -> None:
        with server.connect() as client:
            if resets:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.sendall(upload(5 * MEGABYTE) + form(pdf())[:-9] + bytes(MEGABYTE))
            wait_until(lambda: [path for path in staged_files() if path.stat().st_size > 500_000])
        wait_until(lambda: not staged_files())
        assert not Attachment.objects.exists()
        assert not Blob.objects.exists()

    @pytest.mark.parametrize(("promised", "sent"), [(5000, -20), (-20, None)], ids=["more", "less"])
    def test_a_content_length_that_promises_something_else(
        self,
        server: Server,
        upload: Callable[..., bytes],
        staged_files: Callable[[], list[Path]],
        promised: int,
        sent: int | None,
    ) -> None:
        body = form(picture())
        with server.connect() as client:
            client.sendall(upload(len(body) + promised) + body[:sent])
            if promised > 0:
                client.shutdown(socket.SHUT_WR)
            answer = read_answer(client)
        assert answer.status == 400
        assert staged_files() == []
        assert not Attachment.objects.exists()

    def test_a_content_length_that_is_none(self, server: Server, upload: Callable[..., bytes]) -> None:
        for length in ("-1", "abc", "1e3", "", "9" * 30, "+5", "1_0"):
            with server.connect() as client:
                client.sendall(upload(1).replace(b"Content-Length: 1\r\n", f"Content-Length: {length}\r\n".encode()))
                client.shutdown(socket.SHUT_WR)
                answer = client.makefile("rb").read()
            assert b" 500 " not in answer.split(b"\r\n")[0]
        assert not Attachment.objects.exists()

    def test_chunks_without_a_length(self, server: Server, upload: Callable[..., bytes]) -> None:
        body = form(picture())
        head = upload(1).replace(b"Content-Length: 1", b"Transfer-Encoding: chunked")
        with server.connect() as client:
            client.sendall(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
            answer = read_answer(client)
        # They would be taken for nothing at all.
        assert answer.status == 411
        assert error_of(answer) == "length_required"

    def test_chunks_of_json_without_a_length(self, server: Server, superuser: User) -> None:
        part = PartFactory.create(series="Before")
        token = Token.objects.create(user=superuser)
        head = request("PATCH", f"/api/parts/{part.key}", 1, "application/json", Authorization=f"Token {token}")
        head = head.replace(b"Content-Length: 1", b"Transfer-Encoding: chunked")
        body = b'{"series": "After"}'
        with server.connect() as client:
            client.sendall(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
            assert read_answer(client).status == 411
            # The connection goes on behind them.
            client.sendall(request("GET", "/health/live", 0))
            assert read_answer(client).status == 200

    def test_a_client_that_stops_sending_is_answered_all_the_same(
        self, server: Server, upload: Callable[..., bytes]
    ) -> None:
        with server.connect() as client:
            client.sendall(upload(600 * MEGABYTE) + form(pdf())[:-9])
            answer = read_answer(client)
        assert answer.status == 400
        assert error_of(answer) == "file_too_large"

    def test_a_slow_client_does_not_keep_others_waiting(self, server: Server, upload: Callable[..., bytes]) -> None:
        body = form(picture())
        with server.connect() as slow:
            slow.sendall(upload(len(body)) + body[:200])
            with server.connect() as other:
                other.sendall(request("GET", "/health/live", 0))
                assert read_answer(other).status == 200
            slow.sendall(body[200:])
            assert read_answer(slow).status == 201


class TestRoundTrip:
    def test_what_was_sent_comes_back(self, server: Server, upload: Callable[..., bytes]) -> None:
        data = pdf() + b"\n%" + bytes(range(48, 58)) * 300_000
        body = form(data, "datasheet.pdf")
        with server.connect() as client:
            client.sendall(upload(len(body)) + body)
            row = read_answer(client).json()
            assert row["sha256"] == sha256(data)
            # On the same connection.
            client.sendall(request("GET", row["attachment_url"], 0))
            whole = read_answer(client)
            client.sendall(request("GET", row["attachment_url"], 0, Range="bytes=1000000-1000099"))
            part = read_answer(client)
            client.sendall(request("GET", row["attachment_url"], 0, If_None_Match=whole.headers["etag"]))
            head = client.recv(100_000)
        assert (whole.status, whole.body == data) == (200, True)
        assert (part.status, part.body) == (206, data[1_000_000:1_000_100])
        assert head.startswith(b"HTTP/1.1 304 ")

    def test_many_answers_leave_no_file_open(self, server: Server, upload: Callable[..., bytes]) -> None:
        body = form(picture())
        with server.connect() as client:
            client.sendall(upload(len(body)) + body)
            row = read_answer(client).json()
            descriptors = []
            for _ in range(3):
                for address in [row["attachment_url"], row["thumbnail_url"]] * 10:
                    client.sendall(request("GET", address, 0))
                    assert read_answer(client).status == 200
                descriptors.append(server.open_files())
        # A few more belong to threads and connections that begin their work.
        assert descriptors[2] < descriptors[0] + 10


class TestLog:
    def test_tells_what_happened_and_no_secrets(self, server: Server, upload: Callable[..., bytes]) -> None:
        body = form(picture())
        with server.connect() as client:
            client.sendall(upload(len(body)) + body)
            row = read_answer(client).json()
            client.sendall(request("GET", row["attachment_url"], 0))
            read_answer(client)
        log = server.log.read_text(encoding="utf-8")
        assert "sig=" not in log
        assert Token.objects.get().key not in log
        created = [event for event in server.events() if event.get("attachment_id") == row["id"]]
        assert [event["event"] for event in created] == ["attachment_created"]
        assert created[0]["digest"] == row["sha256"]
        same_request = [event for event in server.events() if event.get("request_id") == created[0]["request_id"]]
        assert next(event["event"] for event in same_request) == "request_started"


class TestStrangeText:
    """The client may call its text by any codec that Python has; nothing is unpacked and nothing fails."""

    @pytest.mark.parametrize("codec", ["zlib", "hex", "rot13", "utf-16", "undefined", "nonsense"])
    def test_is_read_as_utf_8(self, server: Server, superuser: User, codec: str) -> None:
        token = Token.objects.create(user=superuser)
        for path in ("/health/live?a=b", "/api/parts?limit=1", "/api/auth/self", "/admin/login/", "/api/cas/x?a=b"):
            for method, kind in (
                ("GET", "text/plain"),
                ("POST", "application/json"),
                ("POST", "multipart/form-data; boundary=x"),
                ("POST", "application/x-www-form-urlencoded"),
            ):
                head = request(method, path, 12, f"{kind}; charset={codec}", Authorization=f"Token {token}")
                with server.connect() as client:
                    client.sendall(head + b"a=b&c=d&e=f&")
                    assert read_answer(client).status < 500, (method, path, kind)

    def test_packed_json_is_not_unpacked(self, server: Server, superuser: User) -> None:
        token = Token.objects.create(user=superuser)
        body = zlib.compress(b'{"description": "a bomb"}')
        kind = "application/json; charset=zlib"
        with server.connect() as client:
            client.sendall(request("POST", "/api/parts", len(body), kind, Authorization=f"Token {token}") + body)
            assert error_of(read_answer(client)) == "malformed"
