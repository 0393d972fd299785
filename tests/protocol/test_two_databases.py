"""Two databases on one store: the second changes nothing in it before somebody has said that the store is its own."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.plugins.server import ROOT

pytestmark = pytest.mark.long

ON_SERVERS = os.environ.get("TEST_BACKEND") == "servers"
KINDS = [("postgresql", "s3")] if ON_SERVERS else [("sqlite", "folder")]
if ON_SERVERS and "TORTURE_SECONDS" in os.environ:
    KINDS += [("postgresql", "folder"), ("sqlite", "s3")]
NIGHT = ("cas_check --adopt", "cas_gc --grace 0s --force")
ELSEWHERE = "The file storage belongs to another database; nothing was changed."
MISSING = "The file storage belongs to no database yet; nothing was changed."
HELP = "manage.py cas_bind_store"


class Site:
    """A store, and databases that name it."""

    def __init__(self, folder: Path, database: str, store: str) -> None:
        self.database, self.store = database, store
        self._folder = folder
        self._made: list[str] = []
        self._environment = {"INVENTORY_DATA_DIR": str(folder / "data"), "DJANGO_SECRET_KEY": "k" * 60}
        (folder / "data" / "static").mkdir(parents=True)
        if store == "s3":
            self.root = Path(os.environ["TEST_S3_ROOT"]) / f"two-databases-{database}-{folder.name}"
            self.root.mkdir()
            self._environment["AWS_STORAGE_BUCKET_NAME"] = self.root.name
        else:
            self.root = folder / "data" / "store"
            self._environment["AWS_STORAGE_BUCKET_NAME"] = ""

    def run(self, database: str, *steps: str) -> list[Any]:
        """What each step says, in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.protocol.tenant", *steps],
            cwd=ROOT,
            env={**os.environ, **self._environment, "DATABASE_URL": self._url(database)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said: list[Any] = json.loads(done.stdout[done.stdout.index("[") :])  # after what a question asks
        return said

    def make(self, database: str, tables: "Site | None" = None) -> None:
        """A new database: without tables, or with those of another site's "tables"."""
        self._made.append(database)
        if self.database == "postgresql":
            self._execute(f"CREATE DATABASE {database}{' TEMPLATE tables' if tables else ''}")
        elif tables:
            shutil.copy(tables._file("tables"), self._file(database))

    def copy(self, source: str, target: str) -> None:
        """What restoring a backup of one database into another leaves behind."""
        self._made.append(target)
        if self.database == "postgresql":
            self._execute(f"CREATE DATABASE {target} TEMPLATE {source}")
            return
        with closing(sqlite3.connect(self._file(source))) as live, closing(sqlite3.connect(self._file(target))) as copy:
            live.backup(copy)
        # A whole folder that was copied has it too.
        shutil.copy(f"{self._file(source)}.identity", f"{self._file(target)}.identity")

    def objects(self) -> set[str]:
        return {path.name for path in (self.root / "cas").iterdir()}

    def age_objects(self) -> None:
        """Old enough to be adopted."""
        for path in (self.root / "cas").iterdir():
            os.utime(path, (time.time() - 7200,) * 2)

    def forget(self) -> None:
        if self.database == "postgresql":
            for database in self._made:
                self._execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        shutil.rmtree(self.root)

    def _file(self, database: str) -> Path:
        return self._folder / f"{database}.sqlite3"

    def _url(self, database: str) -> str:
        if self.database == "sqlite":
            return f"sqlite:///{self._file(database)}"
        return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()

    def _execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
            server.execute(statement)


@pytest.fixture(scope="module", params=KINDS, ids="+".join)
def tables(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A database that is migrated and belongs to no store: to make its tables takes longer than a test."""
    site = Site(tmp_path_factory.mktemp("tables"), *request.param)
    site.make("tables")
    site.run("tables", "migrate -v 0")
    yield site
    site.forget()


@pytest.fixture
def site(tables: Site, tmp_path: Path) -> Iterator[Site]:
    """Twelve contents of a first database; an older copy of it knows four of them."""
    site = Site(tmp_path, tables.database, tables.store)
    site.make("first", tables)
    assert site.run("first", "migrate -v 0", "upload 0 4", "ready")[1:] == ["uploaded", [200, "ok"]]
    site.copy("first", "older")
    site.run("first", "upload 4 12")
    site.age_objects()
    yield site
    site.forget()


def refusals(said: list[Any], sentence: str) -> None:
    for words in said:
        assert sentence in words, said
        assert HELP in words


def test_a_second_database_deletes_and_adds_nothing(site: Site, tables: Site) -> None:
    objects = site.objects()
    assert len(objects) == 12
    site.copy("first", "copied")
    site.make("empty", tables)
    for database, contents in (("older", 4), ("copied", 12), ("empty", 0)):
        *said, ready, read, bind = site.run(
            database, "migrate -v 0", *NIGHT, "upload 20 21", "ready", "read", "cas_bind_store"
        )
        refusals(said[1:], ELSEWHERE)
        # Reading goes on, and no load balancer takes the server away.
        assert (ready, read) == ([200, "elsewhere"], [200] * contents)
        # The command asks before.
        assert "Nobody answers. Say --yes-i-am-sure." in bind
        assert site.objects() == objects

    # The first goes on as ever.
    check, collect, uploaded, ready = site.run("first", *NIGHT, "upload 12 13", "ready")
    assert "critical: 0" in check
    assert "purged: 0" in collect
    assert (uploaded, ready) == ("uploaded", [200, "ok"])

    # A restore that is meant: the copy takes the store over, and the first is the one that is refused.
    bound, uploaded, collect, ready = site.run(
        "copied", "cas_bind_store --yes-i-am-sure", "upload 13 14", "cas_gc", "ready"
    )
    assert "unknown to the database: 1, bound: 1" in bound
    assert (uploaded, ready) == ("uploaded", [200, "ok"])
    assert "refused: 0" in collect
    refusals(site.run("first", *NIGHT, "upload 14 15"), ELSEWHERE)
    assert len(site.objects()) == 14


def test_a_store_without_its_binding_is_bound_by_who_knows_its_contents(site: Site, tables: Site) -> None:
    (site.root / "cas-binding.json").unlink()
    # As long as nobody has migrated, nothing tells whose it is.
    refusals(site.run("first", *NIGHT, "upload 12 13"), MISSING)
    # A database that knows none of its contents does not get it by itself.
    site.make("empty", tables)
    refusals(site.run("empty", "migrate -v 0", *NIGHT, "upload 12 13")[1:], MISSING)
    assert site.run("first", "ready", "migrate -v 0", "ready", "upload 12 13")[::2] == [[200, "missing"], [200, "ok"]]
    assert len(site.objects()) == 13


def test_a_collection_under_way_stops_when_the_store_is_bound_elsewhere(
    garbage: Callable[..., str],
    transactional_db: None,
    monkeypatch: pytest.MonkeyPatch,
    stored: Callable[[], list[str]],
) -> None:
    from datetime import timedelta

    from django.core.management import CommandError, call_command

    from cas.models import Blob
    from cas.protocol import collect
    from cas.protocol.collect import TOGETHER
    from cas.storage import BINDING, cas_storage

    for number in range(2 * TOGETHER):
        garbage(f"garbage {number}".encode(), marked=timedelta(days=2))
    ours = cas_storage().read_binding()
    assert ours is not None
    original = collect._exchange
    batches: list[int] = []

    def exchange_once(*arguments: Any) -> Any:
        batches.append(1)
        laid = original(*arguments)
        cas_storage().write_binding(b'{"database": "another"}', replace=True)
        return laid

    monkeypatch.setattr(collect, "_exchange", exchange_once)
    try:
        with pytest.raises(CommandError, match="belongs to another database"):
            call_command("cas_gc", force=True)
        assert len(batches) == 1
        # What the first batch may still delete is its own; nothing of the second is touched.
        assert Blob.objects.count() == TOGETHER
        assert set(Blob.objects.values_list("pk", flat=True)) <= set(stored())
        assert BINDING not in stored()
    finally:
        cas_storage().write_binding(ours, replace=True)
