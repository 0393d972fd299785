"""The manifest of a backup: what it consists of, each thing by its SHA-256, and the versions that made it.

It is written last, so a backup that has one is whole. Its name holds the beginning of its own SHA-256.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from backups.errors import DamagedBackupError

_FORMAT = 1
_NAMED_DIGITS = 16


@dataclass(frozen=True)
class Item:
    """A thing in the backup, kept under its SHA-256 like a content."""

    digest: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """One backup. `contents` and `content_bytes` count what the listing names; `missing` of them were not to be had."""

    taken_at: str
    vendor: str
    database: Item
    listing: Item
    keys: Item | None
    contents: int
    content_bytes: int
    missing: int
    # The applied migrations of each app: the schema of the database.
    migrations: dict[str, list[str]]
    versions: dict[str, str]

    @property
    def items(self) -> list[Item]:
        """What it needs beside the contents."""
        return [item for item in (self.database, self.listing, self.keys) if item is not None]

    def encoded(self) -> tuple[str, bytes]:
        """The name, which sorts by time, and the bytes."""
        data = json.dumps({"format": _FORMAT, **asdict(self)}, indent=1, sort_keys=True).encode() + b"\n"
        moment = datetime.fromisoformat(self.taken_at)
        return f"{moment:%Y%m%dT%H%M%S.%fZ}-{_digits_of(data)}", data


def decoded(name: str, data: bytes) -> Manifest:
    """The manifest of that name. Raises DamagedBackupError when a bit of it has changed, or its format is unknown."""
    if name.rpartition("-")[2] != _digits_of(data):
        raise DamagedBackupError(f"The manifest of the backup {name} is damaged.")
    values: dict[str, Any] = json.loads(data)
    if values.pop("format") != _FORMAT:
        raise DamagedBackupError(
            f"The backup {name} was taken by a later release, whose manifests have another format."
        )
    items = {key: Item(**values[key]) if values[key] else None for key in ("database", "listing", "keys")}
    return Manifest(**values | items)


def _digits_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_NAMED_DIGITS]
