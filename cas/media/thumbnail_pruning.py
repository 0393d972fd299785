"""Making room: thumbnails can be made again at any time, so the oldest ones may go."""

import os
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cas.media.folders import thumbnail_folder


@dataclass(frozen=True)
class Derived:
    """A picture, or a note that none could be made, in the folder of thumbnails."""

    path: Path
    size: int
    made_at: float


def to_prune(*, older_than: timedelta | None, max_bytes: int | None) -> list[Derived]:
    """What has to go, oldest first: everything made longer ago than that, then until the rest fits in so many bytes.

    A picture that is still asked for comes back, with today's date.
    """
    kept = sorted(_derived(thumbnail_folder()), key=lambda item: item.made_at)
    total = sum(item.size for item in kept)
    oldest = time.time() - older_than.total_seconds() if older_than is not None else 0.0
    going = []
    for item in kept:
        if item.made_at >= oldest and (max_bytes is None or total <= max_bytes):
            break
        going.append(item)
        total -= item.size
    return going


def _derived(folder: Path) -> list[Derived]:
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            # Locks and drafts begin with a dot.
            if entry.name.startswith("."):
                continue
            try:
                status = entry.stat()
            except FileNotFoundError:
                continue
            found.append(Derived(Path(entry.path), status.st_size, status.st_mtime))
    return found
