"""Which database this process works on, told by where the database lives.

It is no value inside the database, which a restored copy would bring along. PostgreSQL: the identifier of the server's
data, and the number (OID) of the database in it. SQLite: the file, by its file system and inode, and a random text in a
file beside it, since inodes of two machines may be equal.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from django.db import connection

_SUFFIX = ".identity"
# A database in memory ends with its process.
_PROCESS = secrets.token_hex(16)


def database_identity() -> str | None:
    """The identity as one line of text; None for a SQLite file without its random text.

    Raises DatabaseError, and OSError when the files of SQLite cannot be read.
    """
    if connection.vendor == "postgresql":
        return _postgresql()
    path = _sqlite_path()
    return f"sqlite:memory:{_PROCESS}" if path is None else _sqlite(path)


def ensure_identity() -> str:
    """The identity; a SQLite file is given its random text if it has none. Raises as `database_identity`."""
    path = None if connection.vendor == "postgresql" else _sqlite_path()
    if path is not None:
        _write_text(path)
    identity = database_identity()
    assert identity is not None, "the text was just written"
    return identity


def _postgresql() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT control.system_identifier, base.oid FROM pg_control_system() AS control, pg_database AS base"
            " WHERE base.datname = current_database()"
        )
        server, number = cursor.fetchone()
    return f"postgresql:{server}:{number}"


def _sqlite_path() -> Path | None:
    """The file, or None for a database in memory."""
    # It makes the file, when there is none yet.
    connection.ensure_connection()
    path = Path(connection.settings_dict["NAME"])
    return path if path.is_file() else None


def _sqlite(path: Path) -> str | None:
    try:
        text = path.with_name(path.name + _SUFFIX).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    # The number of the file system comes from its own identifier where it has one. That of the device may be another
    # one after every restart.
    file_system = os.statvfs(path).f_fsid or os.stat(path).st_dev
    return f"sqlite:{text}:{file_system:x}:{os.stat(path).st_ino}"


def _write_text(path: Path) -> None:
    """By a hard link: of two processes at the same moment one is first, and nobody reads half a text."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    draft.touch(mode=0o600)
    try:
        draft.write_text(secrets.token_hex(16), encoding="ascii")
        with suppress(FileExistsError):
            os.link(draft, path.with_name(path.name + _SUFFIX))
    finally:
        draft.unlink()
