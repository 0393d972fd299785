"""Attachments as one ZIP, written while it is sent: no temporary file, and no more than a piece of one file in memory.

Nothing is compressed: pictures and PDFs are already. So the length is known before the first byte, and a client
notices when a download breaks off. The last entry is `manifest.json`, which names every attachment with its SHA-256.
"""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

import structlog
from pathvalidate import sanitize_filename
from zipstream import ZipStream

from attachments.legacy.storage import legacy_storage
from attachments.models import Attachment
from cas.errors import BlobNotFoundError
from cas.media.filetypes import BY_CONTENT_TYPE
from cas.storage import cas_storage
from cas.storage.staging import CHUNK_BYTES
from core.filenames import clean_filename

logger = structlog.get_logger(__name__)

MANIFEST = "manifest.json"
# File systems allow 255 bytes; some are left for a number.
_NAME_BYTES = 200
# What is longer is a part of the name.
_EXTENSION_LENGTH = 11
# Windows knows more names of devices than the library.
_DEVICES = ("CONIN$", "CONOUT$")
_UNKNOWN_HASH = "0" * 64


class Archive:
    """A ZIP that is made while it is iterated over, once. `size` is its length in bytes."""

    def __init__(self, entries: "list[_Entry]") -> None:
        self._entries = entries
        self._zip = ZipStream(sized=True)
        for entry in entries:
            if entry.path is not None:
                self._zip.add(entry.read(), entry.path, size=entry.size)
        self._zip.add(self._manifest(), MANIFEST, size=len(_manifest(entries)))
        self.size = len(self._zip)

    def __iter__(self) -> Iterator[bytes]:
        """The bytes. Raises StorageUnavailableError or BlobNotFoundError when the store fails on the way."""
        yield from self._zip

    def _manifest(self) -> Iterator[bytes]:
        # Last: by now the hashes of legacy files are known.
        yield _manifest(self._entries)


def archive(attachments: Iterable[Attachment], *, folder: Callable[[Attachment], str] | None = None) -> Archive:
    """The contents of the attachments, each in the folder that is named for it (the top by default), and the manifest.

    File names are made safe for every system and unique. A content that the store does not have is told in the log and
    marked as missing in the manifest; the rest is there. Looks at every content before it returns, so raises
    StorageUnavailableError while an error can still be answered.
    """
    names = _Names()
    return Archive([_entry(attachment, names, folder) for attachment in attachments])


@dataclass
class _Entry:
    """What the manifest says of an attachment; `path` is None without content."""

    attachment: Attachment
    path: str | None = None
    size: int = 0
    sha256: str | None = None
    missing: bool = False

    def read(self) -> Iterator[bytes]:
        digest = self.attachment.blob_id
        if digest is None:
            stream, _ = legacy_storage().open_object(self.attachment.legacy_key)
        else:
            stream = cas_storage().open_range(digest)
        hashed = hashlib.sha256()
        with stream:
            while chunk := stream.read(CHUNK_BYTES):
                if digest is None:
                    hashed.update(chunk)
                yield chunk
        if digest is None:
            self.sha256 = hashed.hexdigest()


def _entry(attachment: Attachment, names: "_Names", folder: Callable[[Attachment], str] | None) -> _Entry:
    entry = _Entry(attachment, sha256=attachment.blob_id)
    if attachment.blob_id is None and not attachment.legacy_key:
        return entry
    try:
        entry.size = _size(attachment)
    except BlobNotFoundError:
        logger.warning("archive_without_content", attachment_id=attachment.pk, digest=attachment.blob_id)
        entry.missing = True
        return entry
    entry.sha256 = attachment.blob_id or _UNKNOWN_HASH
    entry.path = names.take(folder(attachment) if folder else "", attachment)
    return entry


def _size(attachment: Attachment) -> int:
    if not attachment.has_content:
        raise BlobNotFoundError
    if attachment.blob_id is None:
        return legacy_storage().stat(attachment.legacy_key).size
    stored = cas_storage().stat(attachment.blob_id)
    if stored is None:
        raise BlobNotFoundError
    return stored.size


def _manifest(entries: Iterable[_Entry]) -> bytes:
    rows = [
        {
            "path": entry.path,
            "sha256": entry.sha256,
            "size": entry.size if entry.path else entry.attachment.file_size,
            "content_type": entry.attachment.content_type or None,
            "missing": entry.missing,
            "id": entry.attachment.pk,
            "attachment_set_id": entry.attachment.attachment_set_id,
            "attachment_type": entry.attachment.attachment_type,
            "title": entry.attachment.title,
            "url": entry.attachment.url or None,
        }
        for entry in entries
    ]
    return (json.dumps({"attachments": rows}, ensure_ascii=False, indent=2) + "\n").encode()


class _Names:
    """Gives every file of an archive a path of its own, also where upper and lower case are the same."""

    def __init__(self) -> None:
        self._taken = {MANIFEST}
        self._last: dict[str, int] = {}

    def take(self, folder: str, attachment: Attachment) -> str:
        file_type = BY_CONTENT_TYPE.get(attachment.content_type)
        name = attachment.filename or attachment.title
        name = _safe(file_type.named(name) if file_type else name)
        path = f"{_safe(folder)}/{name}" if folder else name
        stem, dot, extension = path.rpartition(".") if "." in name else (path, "", "")
        number = self._last.get(_same(path), 1)
        while _same(path) in self._taken:
            number += 1
            path = f"{stem} ({number}){dot}{extension}"
        self._last[_same(f"{stem}{dot}{extension}")] = number
        self._taken.add(_same(path))
        return path


def _safe(text: str) -> str:
    """A name that every system takes; what is too long is cut, and the extension kept."""
    name = clean_filename(text)
    extension = PurePath(name).suffix
    if len(extension) > _EXTENSION_LENGTH:
        extension = ""
    # Windows leaves out the spaces before the first dot: "nul .pdf" is a device too.
    base, dot, rest = name.removesuffix(extension).partition(".")
    stem = sanitize_filename(base.rstrip() + dot + rest, "_", max_len=_NAME_BYTES, additional_reserved_names=_DEVICES)
    return stem + sanitize_filename(extension, "_")


def _same(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()
