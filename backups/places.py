"""Where backups lie: a folder, or a bucket of their own.

cas/<sha256>              contents, and the dumps, listings and keys of all backups
backups/<name>.json       a manifest for each backup
cas-binding.json          the database that is backed up here, as beside the store itself
"""

import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from typing_extensions import override

from backups.errors import BackupError
from backups.manifests import Manifest, decoded
from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.storage import BINDING, CASStorage, FileSystemCASStorage, S3CASStorage, cas_storage
from cas.storage.s3_clients import S3Clients, vendor_errors
from cas.storage.staging import PREFIX as STAGED

_SUFFIX = ".json"
_FOLDER = "backups"
_BUCKET_SCHEME = "s3://"


class Place(ABC):
    """A folder or a bucket. Methods raise BackupError when it does not answer, or StorageUnavailableError."""

    def __init__(self, name: str, contents: CASStorage) -> None:
        self.name = name
        self.contents = contents

    @abstractmethod
    def prepare(self) -> None:
        """Make what has to be there before anything is written; remove what killed runs left half-way."""

    @abstractmethod
    def binding(self) -> bytes | None:
        """Whose backups these are, or None when nobody has said."""

    @abstractmethod
    def names(self) -> list[str]:
        """The names of the backups, the oldest first."""

    @abstractmethod
    def read(self, name: str) -> bytes:
        """The bytes of a manifest."""

    @abstractmethod
    def write(self, name: str, data: bytes) -> None:
        """Put a manifest there, whole or not at all, durably."""

    @abstractmethod
    def forget(self, name: str) -> None:
        """Delete a manifest."""

    def manifest(self, name: str) -> Manifest:
        """The manifest of a backup. Raises DamagedBackupError."""
        return decoded(name, self.read(name))

    def is_used(self) -> bool:
        """Whether there are backups."""
        return bool(self.names())

    def chosen(self, name: str | None) -> tuple[str, Manifest]:
        """The backup of that name, or the newest. Raises BackupError when there is none."""
        names = self.names()
        if not names:
            raise BackupError(f"There is no backup in {self.name}.")
        if name is not None and name not in names:
            raise BackupError(f"There is no backup {name}. There are: {', '.join(names)}.")
        chosen = name or names[-1]
        return chosen, self.manifest(chosen)


class Folder(Place):
    """A folder, for this account alone: it holds password hashes and keys."""

    def __init__(self, path: Path) -> None:
        self._path = path
        super().__init__(str(path), FileSystemCASStorage(path))

    @override
    def prepare(self) -> None:
        with self._errors():
            if not self._path.exists():
                self._path.mkdir(mode=0o700)
            # Whoever knows no manifest cannot guess a digest either.
            (self._path / _FOLDER).mkdir(mode=0o700, exist_ok=True)
            for left in [*self._path.glob(f"staging/{STAGED}*"), *self._path.glob(f"{_FOLDER}/.*")]:
                left.unlink(missing_ok=True)
        self.contents.create()

    @override
    def binding(self) -> bytes | None:
        with self._errors():
            file = self._path / BINDING
            return file.read_bytes() if file.exists() else None

    @override
    def is_used(self) -> bool:
        return (self._path / _FOLDER).exists() and super().is_used()

    @override
    def names(self) -> list[str]:
        with self._errors():
            return sorted(path.stem for path in (self._path / _FOLDER).iterdir() if path.suffix == _SUFFIX)

    @override
    def read(self, name: str) -> bytes:
        with self._errors():
            return self._file(name).read_bytes()

    @override
    def write(self, name: str, data: bytes) -> None:
        with self._errors():
            descriptor, draft = tempfile.mkstemp(prefix=".", dir=self._path / _FOLDER)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self._file(name))
            folder = os.open(self._path / _FOLDER, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    @override
    def forget(self, name: str) -> None:
        with self._errors():
            self._file(name).unlink(missing_ok=True)

    def _file(self, name: str) -> Path:
        return self._path / _FOLDER / (name + _SUFFIX)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BackupError(f"The folder {self._path} cannot be used.") from error


class Bucket(Place):
    """A bucket on an S3 server, with nothing else in it."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        options = settings.BACKUP_S3_CONNECTION | {"bucket_name": bucket}
        self._client = S3Clients(options)
        contents = S3CASStorage(staging_dir=settings.STAGING_DIR, checksum=settings.BACKUP_S3_CHECKSUM, **options)
        super().__init__(f"{_BUCKET_SCHEME}{bucket}", contents)

    def prepare(self) -> None:
        """Nothing: whoever runs the server makes the bucket. A PUT is whole or not at all."""

    @override
    def binding(self) -> bytes | None:
        with self._errors():
            return self.contents.read_binding()

    @override
    def names(self) -> list[str]:
        found = []
        with self._errors():
            pages = self._client("send").get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=f"{_FOLDER}/"):
                found += [item["Key"].removeprefix(f"{_FOLDER}/") for item in page.get("Contents", ())]
        return sorted(name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX))

    @override
    def read(self, name: str) -> bytes:
        with self._errors():
            data: bytes = self._client("send").get_object(Bucket=self._bucket, Key=self._key(name))["Body"].read()
        return data

    @override
    def write(self, name: str, data: bytes) -> None:
        with self._errors():
            self._client("send").put_object(
                Bucket=self._bucket, Key=self._key(name), Body=data, ContentType="application/json"
            )

    @override
    def forget(self, name: str) -> None:
        with self._errors():
            self._client("sweep").delete_object(Bucket=self._bucket, Key=self._key(name))

    def _key(self, name: str) -> str:
        return f"{_FOLDER}/{name}{_SUFFIX}"

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            with vendor_errors():
                yield
        except (BlobNotFoundError, StorageUnavailableError) as error:
            raise BackupError(f"The bucket {self.name} does not answer.") from error


def place(name: str) -> Place:
    """The place that an operator names: a folder, or `s3://bucket`. Raises BackupError for the store itself."""
    if not name.startswith(_BUCKET_SCHEME):
        return _folder(Path(name).resolve())
    address = urlsplit(name)
    if not address.netloc or address.path.strip("/"):
        raise BackupError(f"{name} is no bucket. Write s3://NAME, of a bucket with nothing but backups in it.")
    store = cas_storage()
    # Whatever the server's address: one bucket under two addresses cannot be told from two.
    if isinstance(store, S3CASStorage) and store.bucket == address.netloc:
        raise BackupError("This is the bucket of the store. A backup needs another bucket, best on another server.")
    return Bucket(address.netloc)


def _folder(path: Path) -> Folder:
    store = cas_storage()
    if isinstance(store, FileSystemCASStorage):
        refuse_overlap(path, store.location.resolve(), "the store")
    return Folder(path)


def refuse_overlap(path: Path, other: Path, what: str) -> None:
    """Raise BackupError when one of the folders lies in the other."""
    if path == other or path in other.parents or other in path.parents:
        raise BackupError(f"{path} and the folder of {what}, {other}, lie in each other. Choose another folder.")
