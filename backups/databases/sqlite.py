"""SQLite: copied by its own online backup, which waits for nobody and keeps nobody waiting."""

import gzip
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

from backups.databases.snapshots import Snapshot
from backups.errors import BackupError, DamagedBackupError


@contextmanager
def snapshot(folder: Path) -> Iterator[Snapshot]:
    """A copy in the folder, which is looked through before it is trusted."""
    copy = folder / "database.sqlite3"
    try:
        with closing(sqlite3.connect(_path())) as live, closing(sqlite3.connect(copy)) as target:
            live.backup(target)
            # One file, without a log beside it.
            target.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise BackupError("The database cannot be copied.") from error
    with _opened(copy) as copied:
        if not _is_sound(copied):
            raise BackupError("SQLite finds faults in the database itself; nothing was backed up.")

        def dump(path: Path) -> None:
            # Without a name and a time in it: equal databases make equal files.
            with copy.open("rb") as plain, path.open("wb") as file, gzip.GzipFile("", "wb", 6, file, 0) as packed:
                shutil.copyfileobj(plain, packed)

        yield Snapshot(copied, sqlite3.sqlite_version, dump)


def restore(dump: Path, folder: Path) -> None:
    """Fill the empty database, in one transaction of SQLite's. Raises BackupError."""
    plain = folder / "restored.sqlite3"
    try:
        with gzip.open(dump, "rb") as packed, plain.open("wb") as file:
            shutil.copyfileobj(packed, file)
    except (OSError, EOFError) as error:
        raise DamagedBackupError("The dump of the database cannot be read.") from error
    with _opened(plain) as dumped:
        if not _is_sound(dumped):
            raise DamagedBackupError("SQLite finds faults in the dump of the database.")
    connection.close()
    try:
        with closing(sqlite3.connect(plain)) as source, closing(sqlite3.connect(_path())) as target:
            source.backup(target)
    except sqlite3.Error as error:
        raise BackupError("The database cannot be filled.") from error


def _path() -> str:
    return str(connection.settings_dict["NAME"])


@contextmanager
def _opened(path: Path) -> Iterator[BaseDatabaseWrapper]:
    """A connection of Django's to another file: it knows the functions that the constraints use."""
    opened = connection.copy()
    opened.settings_dict |= {"NAME": str(path), "OPTIONS": {}}
    try:
        yield opened
    finally:
        opened.close()


def _is_sound(database: BaseDatabaseWrapper) -> bool:
    try:
        with database.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check(1)")
            found: tuple[str] = cursor.fetchone()
    except DatabaseError:
        return False
    return found == ("ok",)
