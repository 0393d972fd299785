"""Temporary files that killed processes left behind."""

import fcntl
import time
from collections.abc import Iterator
from pathlib import Path

from cas import thumbnails
from cas.staging import PREFIX
from cas.storage import cas_storage

_MIN_AGE_SECONDS = 24 * 3600


def remove_leftovers(*, dry_run: bool = False) -> int:
    """Remove what is older than a day and in nobody's hands. Returns how many files."""
    removed = 0
    for path in _temporary_files():
        if _is_left_over(path):
            removed += 1
            if not dry_run:
                path.unlink(missing_ok=True)
    return removed


def _temporary_files() -> Iterator[Path]:
    yield from cas_storage().staging_dir.glob(f"{PREFIX}*")
    yield from thumbnails.drafts()


def _is_left_over(path: Path) -> bool:
    try:
        if time.time() - path.stat().st_mtime < _MIN_AGE_SECONDS:
            return False
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (FileNotFoundError, BlockingIOError):
        # Somebody else removed it, or whoever writes it lives.
        return False
    return True
