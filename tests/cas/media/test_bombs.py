"""Eight files of one user that take all they may: the others hardly notice, and nothing stays."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token

from cas.media.folders import thumbnail_folder
from parts.models import Part
from tests.cas.media.test_pdf_thumbnails import nested_forms
from tests.cas.media.test_processes import until
from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.deaths import children, is_alive
from tests.plugins.files import picture
from tests.plugins.server import Answer, Server, read_answer, serving

pytestmark = [pytest.mark.once, pytest.mark.long]

_BOUNDARY = "a-boundary"


@dataclass
class Person:
    """Somebody with a token, before the server."""

    server: Server
    token: str
    set_id: int

    def get(self, url: str) -> Answer:
        return self._ask("GET", url)

    def upload(self, data: bytes) -> Answer:
        body = (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'.encode()
            + data
            + f"\r\n--{_BOUNDARY}--\r\n".encode()
        )
        return self._ask("POST", f"/api/attachment-sets/{self.set_id}/attachments", body)

    def _ask(self, method: str, url: str, body: bytes = b"") -> Answer:
        head = (
            f"{method} {url} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token {self.token}\r\n"
            f"Content-Type: multipart/form-data; boundary={_BOUNDARY}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with self.server.connect() as client:
            client.settimeout(PATIENCE_SECONDS)
            client.sendall(head.encode() + body)
            return read_answer(client)


@pytest.fixture
def server(transactional_db: None) -> Iterator[Server]:
    with serving() as running:
        yield running


def person(server: Server, name: str) -> Person:
    user = User.objects.create_superuser(name, f"{name}@example.com", "secret")
    part = Part.objects.create(description="A part")
    return Person(server, Token.objects.create(user=user).key, part.attachment_set.pk)


def zygotes(server: Server) -> list[int]:
    return [zygote for worker in children(server.pid) for zygote in children(worker)]


class TestBombs:
    def test_of_one_user_keep_nobody_out(self, server: Server) -> None:
        hostile, friendly = person(server, "hostile"), person(server, "friendly")
        photo = friendly.upload(picture())
        known = photo.json()["thumbnail_url"]
        assert friendly.get(known).status == 200
        bombs = [hostile.upload(nested_forms() + b"\n%% %d" % number).json()["preview_url"] for number in range(8)]
        with ThreadPoolExecutor(len(bombs)) as pool:
            running = [pool.submit(hostile.get, url) for url in bombs]
            until(lambda: any(children(zygote) for zygote in zygotes(server)))
            for _ in range(10):
                assert friendly.get("/api/parts").status == 200
                assert friendly.get(known).status == 200
            another = friendly.upload(picture("blue"))
            assert another.status == 201
            assert friendly.get(another.json()["thumbnail_url"]).status == 200
            assert not all(bomb.done() for bomb in running)
            # The icon, or a sentence that asks for patience.
            assert {bomb.result(PATIENCE_SECONDS).status for bomb in running} <= {200, 503}
        until(lambda: not any(children(zygote) for zygote in zygotes(server)))
        self._remembered_for_a_while_only()

    def _remembered_for_a_while_only(self) -> None:
        notes = {path.read_text() for path in thumbnail_folder().glob("*.failed")}
        assert notes <= {"document took too much"}

    def test_leave_no_process_behind(self, transactional_db: None) -> None:
        with serving() as running:
            hostile = person(running, "hostile")
            url = hostile.upload(nested_forms()).json()["preview_url"]
            with ThreadPoolExecutor(1) as pool:
                asked = pool.submit(self._asked, hostile, url)
                busy: list[int] = until(lambda: [pid for zygote in zygotes(running) for pid in children(zygote)])
                everybody: list[int] = [*zygotes(running), *busy]
                for worker in children(running.pid):
                    os.kill(worker, signal.SIGKILL)
                until(lambda: not any(is_alive(pid) for pid in everybody))
                asked.result(PATIENCE_SECONDS)
            # gunicorn has started other workers, which work.
            until(lambda: self._asked(hostile, "/api/parts") == 200)
            assert hostile.upload(picture()).status == 201
            everybody = zygotes(running)
        until(lambda: not any(is_alive(pid) for pid in everybody))

    def _asked(self, somebody: Person, url: str) -> int:
        """The status; 0 when the server is gone before it answers."""
        try:
            return somebody.get(url).status
        except (OSError, IndexError):
            return 0
