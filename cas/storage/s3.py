"""Contents in an S3 bucket, on AWS or on any server that speaks S3.

The connection and its options are django-storages'; the bytes go through boto3's client, because `S3Storage.save()`
overwrites or renames, and its `open()` reads whole objects into memory.
"""

import base64
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import RawIOBase
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.staging import CHUNK_BYTES, StagedFile
from cas.storage.base import PREFIX, CASStorage, StoredObject, is_digest, key_of

# An upload holds row locks, and on SQLite the only write lock, while it looks, sends and looks again. A store that does
# not answer is given up after 13 + 25 + 13 seconds, before the 60 for which others wait for that lock.
_LIMITS: dict[str, dict[str, Any]] = {
    "look": {"connect_timeout": 2, "read_timeout": 4, "retries": {"mode": "standard", "total_max_attempts": 2}},
    "send": {"connect_timeout": 2, "read_timeout": 10, "retries": {"mode": "standard", "total_max_attempts": 2}},
    # One attempt only: a repeated DELETE could take effect after the protocol has forgotten it.
    "sweep": {"connect_timeout": 5, "read_timeout": 15, "retries": {"total_max_attempts": 1}},
}


class S3CASStorage(CASStorage):
    """A bucket. Takes django-storages' options for S3, and the folder in which uploads are staged."""

    tombstone_lifetime = timedelta(hours=1)

    def __init__(self, *, staging_dir: str | os.PathLike[str], **options: Any) -> None:
        self.staging_dir = Path(staging_dir)
        # Stored bytes must be the bytes of the digest, under exactly its key.
        self._options = {**options, "gzip": False, "object_parameters": {}, "location": ""}
        self.bucket = self._options["bucket_name"]
        self._clients: dict[tuple[int, str], Any] = {}
        self._lock = threading.Lock()

    def publish(self, staged: StagedFile) -> None:
        """One PUT of known length. The server checks the bytes against the digest, if it checks anything."""
        staged.file.seek(0)
        with _vendor_errors():
            self._client("send").put_object(
                Bucket=self.bucket,
                Key=key_of(staged.digest),
                Body=staged.file,
                ContentLength=staged.size,
                ContentType="application/octet-stream",
                ChecksumSHA256=base64.b64encode(bytes.fromhex(staged.digest)).decode(),
            )
        stored = self.stat(staged.digest)
        if stored is None or stored.size != staged.size:
            raise StorageUnavailableError

    def stat(self, digest: str) -> StoredObject | None:
        """Only 404 means absent; 403, 500 and silence are errors."""
        try:
            with _vendor_errors():
                head = self._client("look").head_object(Bucket=self.bucket, Key=key_of(digest))
        except BlobNotFoundError:
            return None
        return StoredObject(digest, head["ContentLength"], head["LastModified"])

    def open_range(self, digest: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """A stream from the server, over a kept connection; closing it gives the connection back."""
        parameters: dict[str, str] = {}
        if start or length is not None:
            end = "" if length is None else start + length - 1
            parameters["Range"] = f"bytes={start}-{end}"
        with _vendor_errors():
            answer = self._client("send").get_object(Bucket=self.bucket, Key=key_of(digest), **parameters)
        body = _Body(answer["Body"])
        if parameters and not _is_part(answer, start):
            body.cut(start, length)
        return cast("BinaryIO", body)

    def remove(self, digest: str) -> None:
        """One DELETE, tried once."""
        with _vendor_errors():
            self._client("sweep").delete_object(Bucket=self.bucket, Key=key_of(digest))

    def objects(self) -> Iterator[StoredObject]:
        """Everything under `cas/`, page by page; S3 lists in the order of the keys."""
        with _vendor_errors():
            pages = self._client("send").get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=PREFIX):
                for item in page.get("Contents", ()):
                    name = item["Key"].removeprefix(PREFIX)
                    yield StoredObject(name, item["Size"], item["LastModified"])

    def _client(self, purpose: str) -> Any:
        # Clients are thread-safe, expensive to make, and must not cross a fork.
        key = (os.getpid(), purpose)
        with self._lock:
            if key not in self._clients:
                config = self._config(_LIMITS[purpose])
                client = S3Storage(**self._options, client_config=config).connection.meta.client
                client.meta.events.register("before-send.s3.PutObject", _refuse_changed_bytes)
                self._clients[key] = client
            return self._clients[key]

    def _config(self, limits: dict[str, Any]) -> Config:
        # Servers under an address of one's own seldom have a DNS name for every bucket.
        style = "path" if self._options.get("endpoint_url") else "auto"
        return Config(
            signature_version="s3v4",
            s3={"addressing_style": style},
            # The defaults add a checksum trailer that many S3 servers refuse; we send our own checksum.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            max_pool_connections=32,
            **limits,
        )


def _refuse_changed_bytes(request: Any, **kwargs: Any) -> None:
    """Compare the hash that botocore took of the body, to sign it, with the digest in the key.

    Not every server checks the checksum that is sent along, and an object that is good must not be overwritten.
    """
    hashed = request.headers.get("X-Amz-Content-SHA256", b"")
    hashed = hashed.decode() if isinstance(hashed, bytes) else hashed
    if is_digest(hashed) and not urlsplit(request.url).path.endswith(key_of(hashed)):
        raise StorageUnavailableError


def _is_part(answer: dict[str, Any], start: int) -> bool:
    """Whether the part was sent that was asked for. Some servers say so with 200, some send the whole instead."""
    content_range = answer.get("ContentRange")
    if content_range is None:
        return False
    if not content_range.startswith(f"bytes {start}-"):
        answer["Body"].close()
        raise StorageUnavailableError
    return True


class _Body(RawIOBase):
    """botocore's stream as a file, with vendor errors translated while reading too."""

    def __init__(self, body: Any) -> None:
        self._body = body
        self._left: int | None = None

    def cut(self, start: int, length: int | None) -> None:
        """Read up to a position, and from there not more than a length."""
        while start:
            skipped = len(self.read(min(start, CHUNK_BYTES)))
            if not skipped:
                raise StorageUnavailableError
            start -= skipped
        self._left = length

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self._left is not None:
            size = self._left if size < 0 else min(size, self._left)
        with _vendor_errors():
            chunk: bytes = self._body.read(None if size < 0 else size)
        if self._left is not None:
            self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        self._body.close()
        super().close()


@contextmanager
def _vendor_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in {"404", "NoSuchKey"}:
            raise BlobNotFoundError from error
        raise StorageUnavailableError from error
    except (BotoCoreError, OSError) as error:
        raise StorageUnavailableError from error
