"""Clients of a server that may die at any moment, and a ledger of what it has promised them."""

import http.client
import json
import random
import threading
from collections import Counter
from typing import Any

from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.files import pdf, picture, sha256
from tests.protocol.fleet import Fleet

FORM = "multipart/form-data; boundary=x"
# Few enough to be uploaded, deleted and uploaded again while the collector is at them.
CONTENTS = 60


def content(number: int) -> tuple[str, bytes]:
    """A file, from some hundred bytes to some hundred kilobytes; every third is a picture."""
    if number % 3 == 0:
        return "photo.png", picture(f"#{number:06x}", size=(8, 8), form="PNG")
    padding = random.Random(number).randbytes(number * number * 100)
    return "datasheet.pdf", pdf(f"Datasheet {number}") + b"\n%" + padding.hex().encode()


class Ledger:
    """What every attachment's bytes have to be, as far as anybody was told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.promised: dict[int, tuple[int, str, str]] = {}
        self.counts: Counter[str] = Counter()
        self.progress = threading.Condition()

    def add(self, attachment: dict[str, Any], digest: str) -> None:
        """The server has said that it has it."""
        assert attachment["sha256"] == digest
        with self._lock:
            self.promised[attachment["id"]] = (attachment["attachment_set_id"], digest, attachment["attachment_url"])

    def forget(self, attachment_id: int) -> None:
        """Somebody is about to delete it: from now on nobody knows."""
        with self._lock:
            self.promised.pop(attachment_id, None)

    def count(self, what: str) -> None:
        """Note something that happened."""
        with self.progress:
            self.counts[what] += 1
            self.progress.notify_all()

    def wait_for(self, answers: int) -> None:
        """Return when the server has answered so many more requests."""
        with self.progress:
            wanted = self.counts["answers"] + answers
            if not self.progress.wait_for(lambda: self.counts["answers"] >= wanted, PATIENCE_SECONDS):
                raise TimeoutError(f"the server does not answer: {self.counts}")


class Client(threading.Thread):
    """Somebody who owns parts, uploads, copies and deletes, and is not surprised by anything."""

    def __init__(self, fleet: Fleet, ledger: Ledger, seed: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self._fleet, self._ledger, self._stop_asked = fleet, ledger, stop
        self._random = random.Random(seed)
        # Key and set of its own parts, and of its own attachments id, set, digest and address.
        self._parts: list[tuple[str, int]] = []
        self._mine: list[tuple[int, int, str, str]] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        """Go on until told to stop."""
        acts = [self._upload] * 12 + [self._copy] * 4 + [self._delete] * 8 + [self._read] * 6
        acts += [self._choose_cover] * 2 + [self._delete_part]
        try:
            while not self._stop_asked.is_set():
                if len(self._parts) < 3:
                    self._make_part()
                else:
                    self._random.choice(acts)()
        except BaseException as error:  # noqa: BLE001  (the test raises it)
            self.error = error

    def _make_part(self) -> None:
        answer = self._ask("POST", "/api/parts", {"description": "A part"}, expected={201})
        if answer is not None:
            self._parts.append((answer["key"], answer["attachment_set_id"]))

    def _upload(self) -> None:
        name, data = content(self._random.randrange(CONTENTS))
        set_id = self._random.choice(self._parts)[1]
        head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = head.encode() + data + b"\r\n--x--\r\n"
        answer = self._ask("POST", f"/api/attachment-sets/{set_id}/attachments", body, expected={201, 409})
        self._keep(answer, sha256(data))

    def _copy(self) -> None:
        if not self._mine:
            return
        source, _, digest, _ = self._random.choice(self._mine)
        body = {"attachment_id": source, "set_as_cover": False}
        set_id = self._random.choice(self._parts)[1]
        answer = self._ask("POST", f"/api/attachment-sets/{set_id}/copies", body, expected={201})
        self._keep(answer, digest)

    def _read(self) -> None:
        if not self._mine:
            return
        _, _, digest, address = self._random.choice(self._mine)
        found = self._ask("GET", address, expected={200})
        assert found is None or sha256(found) == digest, "other bytes than were promised"

    def _delete(self) -> None:
        if not self._mine:
            return
        attachment_id, set_id, _, _ = self._mine.pop(self._random.randrange(len(self._mine)))
        self._ledger.forget(attachment_id)
        self._ask("DELETE", f"/api/attachment-sets/{set_id}/attachments/{attachment_id}", expected={204})

    def _choose_cover(self) -> None:
        if self._mine:
            attachment_id, set_id, _, _ = self._random.choice(self._mine)
            body = {"attachment_id": attachment_id}
            self._ask("PUT", f"/api/attachment-sets/{set_id}/cover", body, expected={200, 400})

    def _delete_part(self) -> None:
        key, set_id = self._parts.pop(self._random.randrange(len(self._parts)))
        for attachment_id, its_set, _, _ in self._mine:
            if its_set == set_id:
                self._ledger.forget(attachment_id)
        self._mine = [row for row in self._mine if row[1] != set_id]
        self._ask("DELETE", f"/api/parts/{key}", expected={204})

    def _keep(self, answer: Any, digest: str) -> None:
        if answer is not None:
            self._mine.append((answer["id"], answer["attachment_set_id"], digest, answer["attachment_url"]))
            self._ledger.add(answer, digest)

    def _ask(self, method: str, path: str, body: Any = None, *, expected: set[int]) -> Any:
        """The answer of a success: bytes of a GET, else JSON. Without any answer nobody knows what has happened."""
        is_form = isinstance(body, bytes)
        headers = {"Content-Type": FORM if is_form else "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", self._fleet.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request(method, path, body if is_form else json.dumps(body or {}), headers)
            response = connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException):
            self._ledger.count("without an answer")
            # A server that is not there refuses at once; asking it faster would only take its time.
            self._stop_asked.wait(0.05)
            return None
        finally:
            connection.close()
        if b'"storage_unavailable"' in answer:
            self._ledger.count("told that the store fails")
            return None
        if response.status not in expected:
            raise AssertionError(f"{method} {path}: {response.status} {answer[:500]!r}")
        self._ledger.count("answers")
        if response.status >= 300:
            self._ledger.count("refused for now")
            return None
        self._ledger.count(method)
        if method == "GET":
            return answer
        return json.loads(answer) if answer else {}
