"""What was fetched within the last minute, in a folder that all processes of the server share.

An entry is two files beside the staged uploads: `<key>.json` says what was found, and names the file with the bytes, if
there are any. The key is the SHA-256 of the URL.
"""

import hashlib
import json
import math
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from attachments.fetching.bodies import FetchedFile
from attachments.fetching.fetch import Fetched
from cas.errors import StorageUnavailableError
from cas.media.filetypes import BY_CONTENT_TYPE, FileType
from cas.storage import cas_storage
from cas.storage.staging import CHUNK_BYTES, stage_chunks

REMEMBERED_SECONDS = 60
_MAX_ENTRIES = 32
_MAX_BYTES = 200_000_000

_clock_lock = threading.Lock()
_clock: threading.Timer | None = None


@dataclass(frozen=True)
class Entry:
    """What was found at an address. `path` has the bytes of the document or picture, if there are any."""

    kind: str
    title: str
    notice: str | None
    path: Path | None
    file_type: FileType | None
    filename: str

    @property
    def has_picture(self) -> bool:
        """Whether the bytes are a picture."""
        return self.file_type is not None and self.file_type.kind == "image"

    def read(self) -> bytes | None:
        """The bytes, or None when there are none, or no longer."""
        try:
            return self.path.read_bytes() if self.path else None
        except FileNotFoundError:
            return None

    def taken(self) -> Fetched | None:
        """What `fetch` returned, in staging again; None when it is no longer there."""
        if self.path is None or self.file_type is None:
            return Fetched(self.kind, self.title, None, self.notice)
        try:
            with self.path.open("rb") as data:
                staged = stage_chunks(cas_storage().staging_dir, iter(lambda: data.read(CHUNK_BYTES), b""))
        except FileNotFoundError:
            return None
        return Fetched(self.kind, self.title, FetchedFile(staged, self.file_type, self.filename), self.notice)


def keep(url: str, fetched: Fetched) -> Entry:
    """Remember for a minute what was found, in place of what was there. The caller goes on having it.

    Raises StorageUnavailableError.
    """
    note: dict[str, Any] = {"kind": fetched.kind, "title": fetched.title, "notice": fetched.notice}
    folder, path = _folder(), _note(url)
    replaced = _read(path)
    try:
        folder.mkdir(exist_ok=True)
        if fetched.file is not None:
            note["data"] = f"{path.stem}-{uuid4().hex}.data"
            note["content_type"] = fetched.file.file_type.content_type
            note["filename"] = fetched.file.filename
            os.link(fetched.file.staged.path, folder / note["data"])
        draft = folder / f"{uuid4().hex}.draft"
        draft.write_text(json.dumps(note), encoding="utf-8")
        # By a rename: whoever reads it at this moment reads a whole one.
        os.replace(draft, path)
    except OSError as error:
        raise StorageUnavailableError from error
    _remove_data(replaced)
    tidy()
    _tidy_later()
    return _entry(folder, note)


def find(url: str) -> Entry | None:
    """What was found there, if that is not too long ago."""
    path = _note(url)
    note = _read(path)
    if note is None or _age(path) > REMEMBERED_SECONDS:
        return None
    return _entry(path.parent, note)


def take(url: str) -> Fetched | None:
    """What was found there; nobody finds it again. The caller closes it. Raises StorageUnavailableError."""
    entry = find(url)
    if entry is None:
        return None
    try:
        # Of several who take it at the same moment one succeeds.
        _note(url).unlink()
    except FileNotFoundError:
        return None
    try:
        return entry.taken()
    finally:
        if entry.path is not None:
            entry.path.unlink(missing_ok=True)


def tidy() -> None:
    """Remove what is too old, and the oldest of what is too much."""
    total = 0
    for number, path in enumerate(sorted(_folder().glob("*.json"), key=_age)):
        note = _read(path)
        total += _size_of_data(note)
        if number >= _MAX_ENTRIES or total > _MAX_BYTES or _age(path) > REMEMBERED_SECONDS:
            path.unlink(missing_ok=True)
            _remove_data(note)
    # Of processes that were killed in between.
    for path in (*_folder().glob("*.data"), *_folder().glob("*.draft")):
        if _age(path) > 2 * REMEMBERED_SECONDS:
            path.unlink(missing_ok=True)


def _tidy_later() -> None:
    """Or the last files would stay until somebody looks at another link."""
    global _clock  # noqa: PLW0603  (one for the process)
    with _clock_lock:
        if _clock is None or not _clock.is_alive():
            _clock = threading.Timer(REMEMBERED_SECONDS + 1, tidy)
            _clock.daemon = True
            _clock.start()


def _entry(folder: Path, note: dict[str, Any]) -> Entry:
    return Entry(
        kind=note["kind"],
        title=note["title"],
        notice=note["notice"],
        path=folder / note["data"] if "data" in note else None,
        file_type=BY_CONTENT_TYPE.get(note.get("content_type", "")),
        filename=note.get("filename", ""),
    )


def _folder() -> Path:
    # On the file system of the staged files, so that a link suffices.
    return cas_storage().staging_dir.with_name("previews")


def _note(url: str) -> Path:
    return _folder() / f"{hashlib.sha256(url.encode()).hexdigest()}.json"


def _read(path: Path) -> dict[str, Any] | None:
    try:
        note: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        # Not there; or empty or torn, since a rename may survive a power cut that the bytes did not survive.
        return None
    return note


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return math.inf


def _size_of_data(note: dict[str, Any] | None) -> int:
    try:
        return (_folder() / note["data"]).stat().st_size if note and "data" in note else 0
    except FileNotFoundError:
        return 0


def _remove_data(note: dict[str, Any] | None) -> None:
    if note and "data" in note:
        (_folder() / note["data"]).unlink(missing_ok=True)
