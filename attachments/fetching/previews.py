"""Looking at an address before it is kept, and keeping what was found without asking for it again."""

import threading
import time
from dataclasses import dataclass, field

from attachments.fetching.links import Fetched, fetch

REMEMBERED_SECONDS = 60
_MAX_ENTRIES = 32
_MAX_BYTES = 200_000_000


@dataclass(frozen=True)
class Preview:
    """What a person is shown while typing. `kind` is "image", "pdf" or "webpage"."""

    title: str
    kind: str
    has_picture: bool
    notice: str | None


@dataclass(frozen=True)
class Picture:
    """The bytes of a picture of an allowed type."""

    data: bytes
    content_type: str


def preview(url: str) -> Preview:
    """What the address leads to. Raises as `fetch`."""
    entry = recent.take(url) or Entry(fetch(url))
    fetched = entry.fetched
    found = Preview(fetched.title or url, fetched.kind, _has_picture(fetched), fetched.notice)
    recent.put(url, entry)
    return found


def picture(url: str, *, may_fetch: bool = True) -> Picture | None:
    """The picture found for the address, or None. Raises as `fetch`, unless only what is remembered counts."""
    entry = recent.take(url) or (Entry(fetch(url)) if may_fetch else None)
    if entry is None:
        return None
    found, file = None, entry.fetched.file
    if file is not None and _has_picture(entry.fetched):
        file.staged.file.seek(0)
        found = Picture(file.staged.file.read(), file.file_type.content_type)
        file.staged.file.seek(0)
    recent.put(url, entry)
    return found


def fetched_once(url: str) -> Fetched:
    """What a preview has found a moment ago, or else a new look. The caller closes it. Raises as `fetch`."""
    entry = recent.take(url)
    return entry.fetched if entry else fetch(url)


def _has_picture(fetched: Fetched) -> bool:
    return fetched.file is not None and fetched.file.file_type.kind == "image"


@dataclass(frozen=True)
class Entry:
    """What was fetched, and the moment after which it is too old."""

    fetched: Fetched
    expires: float = field(default_factory=lambda: time.monotonic() + REMEMBERED_SECONDS)

    @property
    def size(self) -> int:
        """The bytes that it has on the disk."""
        return self.fetched.file.staged.size if self.fetched.file else 0


class Recent:
    """What this process has fetched within the last minute: temporary files, bounded in number and bytes.

    Whoever takes an entry owns it: nobody else reads a file, or publishes it, at the same time.
    """

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()
        self._clock: threading.Timer | None = None

    def put(self, url: str, entry: Entry) -> None:
        """Keep it until it is too old, in place of what was there."""
        with self._lock:
            self._drop(url)
            self._entries[url] = entry
            self._tidy()

    def take(self, url: str) -> Entry | None:
        """What was put there, if it is not too old; it is the caller's now."""
        with self._lock:
            self._tidy()
            return self._entries.pop(url, None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            for url in list(self._entries):
                self._drop(url)

    def _tidy(self) -> None:
        now = time.monotonic()
        for url in [url for url, entry in self._entries.items() if entry.expires <= now]:
            self._drop(url)
        while len(self._entries) > _MAX_ENTRIES or sum(entry.size for entry in self._entries.values()) > _MAX_BYTES:
            self._drop(next(iter(self._entries)))
        if self._entries and self._clock is None:
            # Or the last files would stay until somebody looks at another link.
            self._clock = threading.Timer(REMEMBERED_SECONDS + 1, self._on_time)
            self._clock.daemon = True
            self._clock.start()

    def _on_time(self) -> None:
        with self._lock:
            self._clock = None
            self._tidy()

    def _drop(self, url: str) -> None:
        entry = self._entries.pop(url, None)
        if entry is not None:
            entry.fetched.close()


recent = Recent()
