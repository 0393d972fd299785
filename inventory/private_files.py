"""The data folder and a SQLite database are readable by the server's account alone, whatever the umask.

The database holds API tokens and sessions; the folder the secret key and everybody's files.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

_STRANGERS = stat.S_IRWXO
_PASS = stat.S_IXGRP | stat.S_IXOTH
# By these a folder is known to be a data folder, and not something larger that was named by mistake.
_OURS = ("db.sqlite3", "secret_key", "store", "staging")


def close_folder(path: Path, *, passable: bool) -> None:
    """Take every right from strangers; with `passable` another account, a web server's, may pass through.

    It gets 0700 or 0711. A folder of another account is left alone, and so is one with other things in it, or with
    rights for its group only.
    """
    with suppress(OSError):
        status = path.stat()
        if status.st_uid != os.geteuid() or status.st_mode & stat.S_ISVTX or not _is_ours(path):
            return
        mode = stat.S_IMODE(status.st_mode)
        is_open = mode & _STRANGERS & ~(stat.S_IXOTH if passable else 0)
        is_shut = passable and not mode & _PASS
        if is_open or is_shut:
            path.chmod(stat.S_IRWXU | (_PASS if passable else 0))


def close_database(path: Path) -> None:
    """Give a SQLite file, made empty if it is not there, and what SQLite keeps beside it, the mode 0600.

    SQLite itself would follow the umask. It gives its other files the rights of the first. Without its folder nothing
    is made: SQLite says what is wrong.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    for file in (path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "-journal"))):
        with suppress(OSError):
            status = file.stat()
            if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) & ~0o600:
                file.chmod(0o600)


def _is_ours(path: Path) -> bool:
    names = {entry.name for entry in path.iterdir()}
    return not names or any(name in names for name in _OURS)
