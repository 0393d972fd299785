"""The old system's objects: `STORAGES["legacy"]`, read by the legacy route and `migrate_to_cas`, written by nobody.

The keys are the old system's too. What the file system or the store cannot even look up is a key that is not there.
"""

import os
import stat
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from errno import ENAMETOOLONG
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage, Storage, storages
from typing_extensions import override

from attachments.models import MISSING_KEY_PREFIX
from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.storage.s3_clients import S3Body, S3Clients, vendor_errors

# No object has this key: whoever says so answers.
NOBODYS_KEY = f"{MISSING_KEY_PREFIX}0"


@dataclass(frozen=True)
class LegacyObject:
    """Its size in bytes, and something that changes when the bytes do."""

    size: int
    version: str


class LegacyStorage(Storage):
    """What is asked of a legacy store. Vendor errors end here.

    Methods raise BlobNotFoundError when the store says for certain that it has no such object, and
    StorageUnavailableError for everything else that goes wrong.
    """

    @abstractmethod
    def stat(self, key: str) -> LegacyObject:
        """What is there now, without reading it."""

    @abstractmethod
    def open_object(self, key: str) -> tuple[BinaryIO, LegacyObject]:
        """The bytes, from the first one, and what they are. The caller closes the stream."""

    @abstractmethod
    def remove(self, key: str) -> None:
        """Delete the object; absent is fine. Only the clean-up of `migrate_to_cas` may call this."""


class FolderLegacyStorage(LegacyStorage, FileSystemStorage):
    """A folder, in which the keys are paths."""

    def stat(self, key: str) -> LegacyObject:
        """Anything but a regular file cannot be read."""
        with self._errors():
            return _described(os.stat(self.path(key)))

    def open_object(self, key: str) -> tuple[BinaryIO, LegacyObject]:
        """A file object with `fileno()`."""
        with self._errors():
            # Or a pipe would wait for a writer.
            descriptor = os.open(self.path(key), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            file = os.fdopen(descriptor, "rb")
            try:
                return file, _described(os.fstat(descriptor))
            except BaseException:
                file.close()
                raise

    def remove(self, key: str) -> None:
        """Unlink. Folders stay."""
        try:
            with self._errors():
                Path(self.path(key)).unlink()
        except BlobNotFoundError:
            return

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Only "no such file" in a folder that is there means absent: it may not be mounted."""
        try:
            yield
        except (FileNotFoundError, NotADirectoryError) as error:
            raise (BlobNotFoundError if Path(self.location).is_dir() else StorageUnavailableError) from error
        except (SuspiciousFileOperation, ValueError) as error:
            raise BlobNotFoundError from error
        except OSError as error:
            raise (BlobNotFoundError if error.errno == ENAMETOOLONG else StorageUnavailableError) from error


class S3LegacyStorage(LegacyStorage):
    """A bucket. Takes django-storages' options for S3."""

    def __init__(self, **options: Any) -> None:
        self.bucket = options["bucket_name"]
        self._client = S3Clients(options)

    @override
    def stat(self, key: str) -> LegacyObject:
        with self._client.looking():
            return _head(self._client("look").head_object(Bucket=self.bucket, Key=key))

    def open_object(self, key: str) -> tuple[BinaryIO, LegacyObject]:
        """One GET, streamed; closing gives the connection back."""
        with self._client.looking():
            answer = self._client("send").get_object(Bucket=self.bucket, Key=key)
        return cast("BinaryIO", S3Body(answer["Body"], answer["ContentLength"])), _head(answer)

    @override
    def remove(self, key: str) -> None:
        with vendor_errors():
            self._client("sweep").delete_object(Bucket=self.bucket, Key=key)


def legacy_storage() -> LegacyStorage:
    """The configured legacy store."""
    return cast("LegacyStorage", storages["legacy"])


def _described(status: os.stat_result) -> LegacyObject:
    if not stat.S_ISREG(status.st_mode):
        raise StorageUnavailableError
    return LegacyObject(status.st_size, f"{status.st_ino}-{status.st_mtime_ns}")


def _head(answer: Any) -> LegacyObject:
    return LegacyObject(answer["ContentLength"], f"{answer.get('ETag')}-{answer['LastModified']}")
