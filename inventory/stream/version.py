"""Which version of the frontend is deployed: the `version` in the `version.json` that its build leaves behind."""

import json
import threading
import time
import urllib.request
from pathlib import Path

# In characters; the frontend's is a Git commit.
_LONGEST = 200
_MOST_BYTES = 64 * 1024
_ANSWER_SECONDS = 2.0


class VersionSource:
    """The version at a path or an http(s) address, read in the background, at most every so many seconds."""

    def __init__(self, place: str, every_seconds: float) -> None:
        self._place = place
        self._every_seconds = every_seconds
        self._due = 0.0
        self._version: str | None = None
        self._reader: threading.Thread | None = None

    def current(self) -> str | None:
        """The version when it was last read, or None while it is not known. Never waits, never raises."""
        now = time.monotonic()
        if self._place and now >= self._due and not (self._reader and self._reader.is_alive()):
            self._due = now + self._every_seconds
            # A daemon: a server that answers slowly must not keep the process from ending.
            self._reader = threading.Thread(target=self._read, daemon=True)
            self._reader.start()
        return self._version

    def _read(self) -> None:
        self._version = read_version(self._place)


def read_version(place: str) -> str | None:
    """The version at a path or an http(s) address; None when it cannot be read, or is no short text."""
    try:
        content = _fetch(place) if place.startswith(("http://", "https://")) else _read_file(Path(place))
        version = json.loads(content)["version"]
    # What a file or a server may hold is endless (http.client has exceptions of its own); none of it is a version.
    except Exception:  # noqa: BLE001
        return None
    return version if isinstance(version, str) and 0 < len(version) <= _LONGEST else None


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MOST_BYTES)


def _fetch(url: str) -> bytes:
    # The scheme was looked at by the caller; the address comes from the operator.
    with urllib.request.urlopen(url, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310
        content: bytes = answer.read(_MOST_BYTES)
    return content
