"""Whether the last file could be stored, for all processes of a machine: an empty file beside the staging folder.

The store may answer every look and refuse every write; then only the next upload would tell.
"""

from contextlib import suppress
from pathlib import Path

_NAME = "write-failed"


def note(staging_dir: Path) -> None:
    """Say that a file could not be stored."""
    # The disk that is full may be this one, or the folder may not be there: both show elsewhere.
    with suppress(OSError):
        _mark(staging_dir).touch()


def clear(staging_dir: Path) -> None:
    """Say that a file was stored."""
    with suppress(OSError):
        _mark(staging_dir).unlink(missing_ok=True)


def is_noted(staging_dir: Path) -> bool:
    """Whether the last file could not be stored."""
    return _mark(staging_dir).exists()


def _mark(staging_dir: Path) -> Path:
    return staging_dir.with_name(_NAME)
