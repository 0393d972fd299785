"""A folder or bucket for backups, whichever the store is not the only kind of."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests.backends import is_embedded
from tests.plugins.server import ROOT, database_url

_RESTORED = "inventory-restored"


class Place:
    """Where the tests' backups lie: `name` as the commands take it, `root` as the disk has it."""

    def __init__(self, name: str, root: Path) -> None:
        self.name = name
        self.root = root

    def contents(self) -> set[str]:
        """The digests of everything that is kept."""
        return {path.name for path in (self.root / "cas").iterdir()}

    def manifests(self) -> list[dict[str, Any]]:
        """What the backups consist of, the oldest first."""
        files = sorted((self.root / "backups").iterdir())
        return [json.loads(file.read_text(encoding="utf-8")) for file in files]

    def damage(self, digest: str) -> None:
        """Flip one bit of what is kept."""
        file = self.root / "cas" / digest
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A folder for the folder, a bucket for the bucket."""
    if is_embedded():
        yield Place(str(tmp_path / "backup"), tmp_path / "backup")
        return
    root = Path(os.environ["TEST_S3_ROOT"]) / "inventory-backup"
    root.mkdir()
    yield Place("s3://inventory-backup", root)
    shutil.rmtree(root)


@pytest.fixture
def collect_now() -> Callable[[], None]:
    """The collector, without any grace, and nothing kept that was removed."""
    from datetime import timedelta

    from attachments.models import RemovedAttachment
    from tests.plugins.blobs import age
    from tests.plugins.commands import Run

    def collect() -> None:
        RemovedAttachment.objects.all().delete()
        Run("cas_gc")
        age(blobs=timedelta(days=2))
        assert Run("cas_gc", "--force").summary["purged"]

    return collect


class Site:
    """Another installation: a data folder, an empty database and an empty store of its own."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        (self.data / "static").mkdir(parents=True)
        self.environment = {"INVENTORY_DATA_DIR": str(self.data), "DJANGO_SECRET_KEY": ""}
        if is_embedded():
            self.environment["DATABASE_URL"] = f"sqlite:///{folder / 'db.sqlite3'}"
            self.store = self.data / "store"
        else:
            self.store = Path(os.environ["TEST_S3_ROOT"]) / _RESTORED
            self.store.mkdir()
            self.environment["AWS_STORAGE_BUCKET_NAME"] = _RESTORED
            self.environment["DATABASE_URL"] = urlsplit(database_url())._replace(path=f"/{_RESTORED}").geturl()
            self.environment["DJANGO_SECRET_KEY"] = "k" * 60
            self._execute(f'CREATE DATABASE "{_RESTORED}"')

    def start(self, *steps: str) -> "subprocess.Popen[str]":
        """A process that takes these steps."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.protocol.tenant", *steps],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *steps: str) -> list[Any]:
        """What each step says, in one process."""
        with self.start(*steps) as process:
            output, errors = process.communicate()
        assert process.returncode == 0, errors
        said: list[Any] = json.loads(output)
        return said

    def forget(self) -> None:
        """Nothing of it stays."""
        if not is_embedded():
            shutil.rmtree(self.store)
            self._execute(f'DROP DATABASE "{_RESTORED}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.fixture
def site(tmp_path: Path, transactional_db: None) -> Iterator[Site]:
    """A machine on which nothing but the program is."""
    made = Site(tmp_path / "site")
    yield made
    made.forget()
