"""PostgreSQL: dumped and restored by the programs that come with it."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction

from backups.databases.snapshots import Snapshot
from backups.errors import BackupError

# By its comment a database is known to be one that may be dropped.
_COMMENT = "inventory: rehearsal of a backup"
# What Django hands to psycopg and libpq does not know, and what a list of processes would show.
_NOT_OF_LIBPQ = {"password", "cursor_factory", "context", "prepare_threshold", "server_side_binding"}


@contextmanager
def snapshot(folder: Path) -> Iterator[Snapshot]:
    """A transaction that sees one moment, which pg_dump shares."""
    program("pg_dump")
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # It waits while pg_dump works.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version')")
        number, version = cursor.fetchone()

        def dump(path: Path) -> None:
            _run(
                "pg_dump",
                "--format=custom",
                f"--snapshot={number}",
                f"--file={path}",
                f"--dbname={_conninfo()}",
                "--no-password",
            )
            # Reads all of it, and writes the statements nowhere.
            _run("pg_restore", f"--file={os.devnull}", str(path))

        yield Snapshot(connection, version, dump)


def restore(dump: Path, folder: Path) -> None:
    """Fill the empty database: all of it, or nothing. Raises BackupError with what pg_restore says."""
    connection.close()
    _run(
        *("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-password"),
        *(f"--dbname={_conninfo()}", str(dump)),
    )


@contextmanager
def throw_away(server: str) -> Iterator[str]:
    """The URL of a new, empty database on the server of that URL, named after its database; gone at the end.

    Raises BackupError when it cannot be made there.
    """
    import psycopg
    from psycopg.sql import SQL, Identifier, Literal

    url = urlsplit(server)._replace(scheme="postgresql")
    # PostgreSQL cuts longer names off.
    name = f"{url.path.strip('/')[:50]}_rehearsal"

    def drop(cursor: "psycopg.Cursor[Any]") -> None:
        cursor.execute("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name])
        found = cursor.fetchone()
        if found is not None and found[0] != _COMMENT:
            raise BackupError(f"The database {name} is in the way, and no rehearsal has made it. Rename or drop it.")
        if found is not None:
            cursor.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))

    try:
        with psycopg.connect(url.geturl(), autocommit=True) as connected, connected.cursor() as cursor:
            drop(cursor)
            cursor.execute(SQL("CREATE DATABASE {} TEMPLATE template0").format(Identifier(name)))
            cursor.execute(SQL("COMMENT ON DATABASE {} IS {}").format(Identifier(name), Literal(_COMMENT)))
            try:
                yield url._replace(path=f"/{name}").geturl()
            finally:
                drop(cursor)
    except psycopg.Error as error:
        raise BackupError(
            "The throw-away database cannot be made. The user of the database needs CREATEDB, or --database-url names "
            "a server where one has it."
        ) from error


def program(name: str) -> str:
    """The path of a program of PostgreSQL. Raises BackupError when there is none."""
    folder = settings.POSTGRES_BIN_DIR
    found = shutil.which(name, path=None if folder is None else str(folder))
    if found is None:
        where = "on the PATH" if folder is None else f"in {folder}"
        raise BackupError(
            f"There is no {name} {where}. It comes with PostgreSQL's client programs (Debian: postgresql-client); "
            "POSTGRES_BIN_DIR names another folder."
        )
    return found


def _run(name: str, *arguments: str) -> None:
    password = connection.settings_dict["PASSWORD"]
    environment = os.environ | ({"PGPASSWORD": str(password)} if password else {})
    done = subprocess.run(  # noqa: S603  (PostgreSQL's own, found where the operator says)
        [program(name), *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        said = re.sub(r"\s+", " ", done.stderr).strip()
        raise BackupError(f"{name} failed: {said}")


def _conninfo() -> str:
    from psycopg.conninfo import make_conninfo

    parameters: dict[str, Any] = connection.get_connection_params()
    return make_conninfo(**{name: value for name, value in parameters.items() if name not in _NOT_OF_LIBPQ})
