"""Temporary files that killed processes left behind."""

import fcntl
import time
from collections.abc import Iterator
from pathlib import Path

import structlog

from cas.media import thumbnails
from cas.storage import cas_storage
from cas.storage.staging import PREFIX

logger = structlog.get_logger(__name__)

_MIN_AGE_SECONDS = 24 * 3600


def remove_stale_files(*, dry_run: bool = False) -> int:
    """Remove what is older than a day and in nobody's hands. Returns how many files; failures are logged."""
    removed = 0
    for path in _temporary_files():
        try:
            if not _is_left_over(path):
                continue
            if not dry_run:
                path.unlink(missing_ok=True)
        except OSError:
            logger.exception("temporary_file_not_removed")
            continue
        removed += 1
    return removed


def _temporary_files() -> Iterator[Path]:
    for listing in (_staged, thumbnails.drafts):
        try:
            yield from listing()
        except OSError:
            # Another run finds them. What this one has deleted must get into its report.
            logger.exception("temporary_files_not_listed")


def _staged() -> Iterator[Path]:
    return cas_storage().staging_dir.glob(f"{PREFIX}*")


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
