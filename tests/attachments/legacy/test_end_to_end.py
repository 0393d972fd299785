"""A legacy site is moved while people use it, from the old schema to the last old object; every byte is compared.

`MIGRATION_OBJECTS=10000 .venv/bin/pytest tests/attachments/legacy/test_end_to_end.py` moves a larger one; with
`TEST_BACKEND=servers` say `TEST_S3_REMEMBERS=5m` too.
"""

import json
import os
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import urllib3
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connections
from rest_framework.authtoken.models import Token

from attachments.content_urls import links_of
from attachments.legacy.rows import with_old_object
from attachments.models import Attachment
from cas.models import Blob
from cas.storage import CASStorage
from tests.attachments.legacy.conftest import MigrateToCas
from tests.legacy_site import LegacySite, put_objects
from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.files import sha256
from tests.plugins.migrations import QuickMigrator
from tests.plugins.server import Server, serving

OBJECTS = int(os.environ.get("MIGRATION_OBJECTS", "120"))
STEPS_AT_LEAST = 60


class Person:
    """Uses the site all along: downloads, uploads and deletes, and knows what every attachment has to be."""

    def __init__(self, server: Server, token: str, contents: dict[int, bytes], sets: dict[int, int]) -> None:
        self.contents = contents
        self.sets = sets
        self.stop = threading.Event()
        self.steps = 0
        self._base = f"http://127.0.0.1:{server.port}"
        self._http = urllib3.PoolManager(headers={"Authorization": f"Token {token}"}, retries=5)
        self._chance = random.Random(1)

    def live(self) -> None:
        """Go on until told to stop, and a while in any case."""
        with self._http:
            while not self.stop.is_set() or self.steps < STEPS_AT_LEAST:
                attachment_id = self._chance.choice(list(self.contents))
                (self._download, self._download, self._upload, self._delete)[self.steps % 4](attachment_id)
                self.steps += 1

    def see(self, path: str) -> bytes:
        """The bytes at an address, wherever it leads."""
        return self._ask("GET", path, 200).data

    def _download(self, attachment_id: int) -> None:
        links = json.loads(self.see(self._path(attachment_id)))
        assert self.see(links["attachment_url"]) == self.contents[attachment_id], attachment_id
        assert self._ask("HEAD", links["download_url"], 200).headers["Content-Length"] == str(
            len(self.contents[attachment_id])
        )

    def _upload(self, attachment_id: int) -> None:
        # Half of them have what an old object has.
        data = self.contents[attachment_id]
        if self.steps % 8 < 4:
            data = b"%PDF-1.4 " + self._chance.randbytes(5000)
        set_id = self.sets[attachment_id]
        answer = self._ask("POST", f"/api/attachment-sets/{set_id}/attachments", 201, fields={"file": ("a.pdf", data)})
        made = json.loads(answer.data)["id"]
        self.contents[made], self.sets[made] = data, set_id

    def _delete(self, attachment_id: int) -> None:
        self._ask("DELETE", self._path(attachment_id), 204)
        del self.contents[attachment_id]

    def _path(self, attachment_id: int) -> str:
        return f"/api/attachment-sets/{self.sets[attachment_id]}/attachments/{attachment_id}"

    def _ask(self, method: str, path: str, status: int, **options: Any) -> urllib3.BaseHTTPResponse:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self._http.request(method, self._base + path, timeout=PATIENCE_SECONDS, **options)
            # What a slow machine says, and what it asks for.
            if b'"decoding_busy"' not in answer.data or time.monotonic() > deadline:
                break
        assert answer.status == status, (method, path, answer.status, answer.data[:500])
        return answer


@pytest.fixture
def site(migrator: QuickMigrator) -> LegacySite:
    """A legacy site, brought to today's schema."""
    site = LegacySite(parts=OBJECTS // 4, attachments=OBJECTS, odd=True, max_bytes=20_000)
    state = migrator.apply_tested_migration([("parts", "0001_initial"), ("kits", "0001_initial")])
    site.insert(state.apps)
    put_objects(site)
    call_command("migrate", verbosity=0)
    return site


@pytest.mark.long
def test_a_site_is_moved_while_it_is_used(
    site: LegacySite, store: CASStorage, legacy_folder: Path, run: MigrateToCas
) -> None:
    rows = Attachment.objects.exclude(legacy_key="").exclude(legacy_key__startswith="missing/")
    contents = {row.pk: site.bytes_of(row.pk) for row in rows}
    sets = dict(rows.values_list("pk", "attachment_set_id"))
    token = Token.objects.create(user=User.objects.create_superuser("chief", "chief@example.com", "secret"))
    never = Attachment.objects.filter(legacy_key__startswith="missing/").count()
    with serving() as server:
        person = Person(server, str(token), contents, sets)
        outcome = _in_background(person)

        # Some rows never had content.
        migrated = run("--workers", "4")
        assert run.code == 1
        assert not with_old_object().exists()
        cleaned = run("--workers", "4", "--delete-old-objects", "--verify")

        person.stop.set()
        outcome()
        for row in Attachment.objects.filter(pk__in=contents):
            assert person.see(links_of(row).attachment_url or "") == contents[row.pk]

    assert person.steps >= STEPS_AT_LEAST
    assert migrated["failed"] == migrated["missing"] == never
    # How many there were to share depends on what the person had deleted before.
    assert migrated["deduplicated"] > 0
    assert (cleaned["migrated"], cleaned["failed"], cleaned["healed"]) == (0, 0, 0)
    assert set(Attachment.objects.filter(blob__isnull=False).values_list("pk", flat=True)) == set(contents)
    assert not Attachment.objects.exclude(blob=None).exclude(legacy_key="").exists()
    assert {sha256(data) for data in contents.values()} <= {item.name for item in store.objects()}
    assert Blob.objects.filter(attachments__isnull=False).distinct().count() == len(set(contents.values()))
    # What is left belonged to attachments that are not there any more.
    left = {str(path.relative_to(legacy_folder)) for path in (legacy_folder / "parts").rglob("*") if path.is_file()}
    there = {site.key_of(number) for number in site.objects()}
    assert left <= there - {site.key_of(pk) for pk in contents if pk <= OBJECTS}


def _in_background(person: Person) -> Any:
    """Let the person live; returns a function that waits for the end and raises what was wrong."""
    wrong: list[BaseException] = []

    def live() -> None:
        try:
            person.live()
        except BaseException as error:  # noqa: BLE001  (raised again below)
            wrong.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=live)
    thread.start()

    def outcome() -> None:
        thread.join()
        if wrong:
            raise wrong[0]

    return outcome
