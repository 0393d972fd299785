"""Backups in one place belong to one database, as the store does: another would take them for its own old ones."""

import json

from backups.errors import BackupError
from backups.places import Place
from cas.audit import reports
from cas.protocol.database_identity import ensure_identity

BACKUP = "backup"


def claim(place: Place, *, bind: bool) -> None:
    """Return when the place is this database's; a new one is from now on. Raises BackupError unless `bind` is said."""
    ours = json.dumps({"database": ensure_identity()}).encode() + b"\n"
    found = place.binding()
    if not bind:
        _refuse(place, found, ours)
    place.prepare()
    if found != ours:
        place.contents.write_binding(ours, replace=True)


def _refuse(place: Place, found: bytes | None, ours: bytes) -> None:
    if found is None and place.is_used():
        raise BackupError(
            f"Nobody knows whose backups are in {place.name}. If this database shall go on there, say --bind."
        )
    if found is None and reports.last(BACKUP) is not None:
        raise BackupError(
            f"{place.name} is empty, though this database was backed up before. Is its disk mounted, and is it the "
            "right one? Say --bind to begin anew there."
        )
    if found is not None and found != ours:
        raise BackupError(
            f"The backups in {place.name} are of another database. If this one was restored or moved and the other one "
            "is gone, say --bind; if not, choose another folder or bucket."
        )
