"""Old backups go, and with them what no other backup needs."""

import heapq
from collections.abc import Iterator
from pathlib import Path

from backups import copying, listings
from backups.manifests import Manifest
from backups.places import Place
from cas.storage import is_digest


def prune(place: Place, folder: Path, keep: int) -> tuple[int, int]:
    """Delete all but the newest backups. Returns how many, and how many contents went with them.

    Raises DamagedBackupError, before anything is deleted, when it cannot tell what the others need.
    """
    names = place.names()
    gone, kept = names[:-keep], names[-keep:]
    if not gone:
        return 0, 0
    needed = _needed(place, folder, [place.manifest(name) for name in kept])
    # The manifests first: a backup that has one is whole, also after a kill. What then stays too long goes next time.
    for name in gone:
        place.forget(name)
    return len(gone), _sweep(place, needed)


def _needed(place: Place, folder: Path, kept: list[Manifest]) -> Iterator[str]:
    """The digests of everything that these backups consist of, sorted."""
    paths = []
    for digest, item in {manifest.listing.digest: manifest.listing for manifest in kept}.items():
        path = folder / f"listing-{digest}"
        paths.append(copying.fetch(item, place.contents, path, "a listing of its contents"))
        # All of it is read once before anything goes by it.
        for _ in listings.read(path):
            pass
    items = sorted({item.digest for manifest in kept for item in manifest.items})
    return heapq.merge(items, *((item.digest for item in listings.read(path)) for path in paths))


def _sweep(place: Place, needed: Iterator[str]) -> int:
    count = 0
    next_needed = next(needed, None)
    for stored in place.contents.objects():
        while next_needed is not None and next_needed < stored.name:
            next_needed = next(needed, None)
        # What is no content is not ours, and stays.
        if stored.name != next_needed and is_digest(stored.name):
            place.contents.remove(stored.name)
            count += 1
    return count
