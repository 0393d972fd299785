"""What every content-addressed store can do, whatever holds the bytes."""

import os
import re
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.storage import Storage
from typing_extensions import override

from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.models import DIGEST_PATTERN
from cas.storage.staging import CHUNK_BYTES, StagedFile, stage_chunks

PREFIX = "cas/"
# Beside the contents, never among them.
BINDING = "cas-binding.json"
_DIGEST = re.compile(DIGEST_PATTERN[:-1] + r"\Z")


def is_digest(text: str) -> bool:
    """Whether the text is a SHA-256 as this store writes it: 64 lower-case hexadecimal digits."""
    return _DIGEST.match(text) is not None


def key_of(digest: str) -> str:
    """The storage key of a content. The one place where keys are made: anything but a digest is refused."""
    if not is_digest(digest):
        raise SuspiciousFileOperation("not a SHA-256 digest")
    return PREFIX + digest


@dataclass(frozen=True)
class StoredObject:
    """An object under `cas/`. `name` is the key without the prefix, which ought to be a digest."""

    name: str
    size: int
    modified_at: datetime


class CASStorage(Storage):
    """A Django storage whose names are `cas/<sha256>`, with what the blob protocol needs beside.

    Vendor errors end here: methods raise StorageUnavailableError when the store fails, BlobNotFoundError when a
    content is asked for that it does not hold.
    """

    staging_dir: Path
    # How long a DELETE that was sent may still take effect (Delta in the protocol). Far more than its timeouts.
    tombstone_lifetime: timedelta

    @abstractmethod
    def create(self) -> None:
        """Make an empty store where there is none; one that is there stays as it is."""

    def preload(self) -> None:
        """Read what the first use of the store would, before processes are copied, without asking the store itself."""

    # --- what the protocol needs ------------------------------------------------------------------

    def stage(self) -> StagedFile:
        """An empty temporary file, where publishing it is cheapest."""
        return StagedFile(self.staging_dir)

    @abstractmethod
    def publish(self, staged: StagedFile) -> None:
        """Put the staged bytes under their digest, whole or not at all, durably; the staged file stays.

        Whoever counts on the object looks at it afterwards: a store may say yes and keep less.
        """

    def make_durable(self, digest: str) -> None:
        """Return when an object that is there would survive a power cut, whoever has published it."""

    @abstractmethod
    def stat(self, digest: str) -> StoredObject | None:
        """What is stored, or None when the store says for certain that it holds no such object."""

    @abstractmethod
    def open_range(self, digest: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """The bytes from `start`, at most `length` of them. The caller closes the stream."""

    @abstractmethod
    def open_whole(self, digest: str) -> tuple[BinaryIO, int]:
        """All bytes, and how many they are. The caller closes the stream."""

    @abstractmethod
    def remove(self, digest: str) -> None:
        """Delete the object, in one attempt; absent is fine. Only the collector may call this."""

    @abstractmethod
    def objects(self) -> Iterator[StoredObject]:
        """Everything under `cas/`, sorted by name."""

    @abstractmethod
    def read_binding(self) -> bytes | None:
        """What `write_binding` wrote, or None when the store says for certain that there is nothing."""

    @abstractmethod
    def write_binding(self, data: bytes, *, replace: bool) -> None:
        """Note to which database the store belongs; without `replace` a note that is there stays as it is."""

    # --- Django's Storage ---------------------------------------------------------------------------

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        if mode != "rb":
            raise ValueError("Content is immutable: it is opened for reading only.")
        digest = digest_of(name)
        stream, size = self.open_whole(digest)
        file = File(stream, name)
        file.__dict__["size"] = size
        return file

    def _save(self, name: str, content: "File[bytes]") -> str:
        staged = stage_chunks(self.staging_dir, content.chunks(CHUNK_BYTES))
        try:
            stored = self.stat(staged.digest)
            if stored is None or stored.size != staged.size:
                self.publish(staged)
                if self.size(key_of(staged.digest)) != staged.size:
                    raise StorageUnavailableError
            return key_of(staged.digest)
        finally:
            staged.close()

    def generate_filename(self, filename: str | os.PathLike[str]) -> str:
        """The name does not matter: the bytes decide."""
        return os.fspath(filename)

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Never another name: equal bytes belong under one key."""
        return name

    @override
    def exists(self, name: str) -> bool:
        return self.stat(digest_of(name)) is not None

    @override
    def size(self, name: str) -> int:
        stored = self.stat(digest_of(name))
        if stored is None:
            raise BlobNotFoundError
        return stored.size

    def url(self, name: str | None) -> str:
        """The signed address under which the content is downloaded."""
        from cas.signing import content_url

        return content_url(digest_of(name or ""), "application/octet-stream", "")

    def delete(self, name: str) -> None:
        """Delete the object. Only the collector may call this."""
        self.remove(digest_of(name))

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """The names under `cas`; there are no folders in it."""
        if path.strip("/") in {"", "."}:
            return [PREFIX.rstrip("/")], []
        if path.strip("/") != PREFIX.rstrip("/"):
            raise FileNotFoundError(path)
        return [], [stored.name for stored in self.objects()]

    @override
    def get_modified_time(self, name: str) -> datetime:
        stored = self.stat(digest_of(name))
        if stored is None:
            raise BlobNotFoundError
        return stored.modified_at

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """For migrations of a FileField: the store is whatever the settings say, a folder here and a bucket there."""
        return "cas.storage.cas_storage", (), {}


def digest_of(name: str) -> str:
    """The digest in `cas/<digest>`; anything else is refused."""
    digest = name.removeprefix(PREFIX)
    if key_of(digest) != name:
        raise SuspiciousFileOperation("not a key of the content store")
    return digest
