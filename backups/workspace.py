"""A folder for what a run needs meanwhile. What a killed run has left is removed by the next."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backups.errors import BackupError

_MARK = ".made-for-a-backup"


@contextmanager
def workspace(path: Path) -> Iterator[Path]:
    """The folder, new, readable by this account alone, and gone at the end. Raises BackupError."""
    if path.exists() and not (path / _MARK).is_file():
        raise BackupError(f"{path} is in the way: it would be removed. Choose another folder, or move it away.")
    try:
        _remove(path)
        path.mkdir(mode=0o700)
        (path / _MARK).touch()
    except OSError as error:
        raise BackupError(f"The folder {path} cannot be made.") from error
    try:
        yield path
    finally:
        _remove(path)


def _remove(path: Path) -> None:
    """The mark last: what a kill leaves here has to be known again."""
    if not path.exists():
        return
    for entry in path.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        elif entry.name != _MARK:
            entry.unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True)
