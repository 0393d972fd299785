"""Contents in an S3 bucket, on AWS or on any server that speaks S3.

The connection and its options are django-storages'; the bytes go through boto3's client, because `S3Storage.save()`
overwrites or renames, and its `open()` reads whole objects into memory.
"""

import base64
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from typing_extensions import override

from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.storage.base import BINDING, PREFIX, CASStorage, StoredObject, is_digest, key_of
from cas.storage.s3_clients import S3Body, S3Clients, vendor_errors
from cas.storage.staging import StagedFile, sha256_of, stage_chunks


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _md5(staged: StagedFile) -> bytes:
    return hashlib.file_digest(cast("Any", staged.file), partial(hashlib.md5, usedforsecurity=False)).digest()


# How a server is told which bytes it ought to have received: `AWS_S3_CHECKSUM`. Without, they are read back.
CHECKSUMS: dict[str, Callable[[StagedFile], dict[str, str]]] = {
    "sha256": lambda staged: {"ChecksumSHA256": _base64(bytes.fromhex(staged.digest))},
    "md5": lambda staged: {"ContentMD5": _base64(_md5(staged))},
    "none": lambda _: {},
}

# So many are remembered: a few megabytes of memory.
_SIZES = 20_000
# As far as clocks may differ before a store refuses other requests too.
_PRESIGNED_SECONDS = 900
# Sent with a wrong checksum, to see whether the server looks. One that does not keeps this small object.
PROBE = "cas-checksum-probe"
_WRONG = base64.b64encode(bytes(32)).decode()
# What AWS and MinIO say to it.
_REFUSED = {"BadDigest", "XAmzContentChecksumMismatch"}


class S3CASStorage(CASStorage):
    """A bucket. Takes django-storages' options for S3, one of CHECKSUMS, and the folder in which uploads are staged."""

    tombstone_lifetime = timedelta(hours=1)
    # Whether the store was seen to answer a part with 206, as HTTP wants it. Some servers say 200 to a part.
    says_partial = False

    def __init__(self, *, staging_dir: str | os.PathLike[str], checksum: str | None = None, **options: Any) -> None:
        self.staging_dir = Path(staging_dir)
        self.checksum = checksum or "sha256"
        # Stored bytes must be the bytes of the digest, under exactly its key.
        self._options = {**options, "gzip": False, "object_parameters": {}, "location": ""}
        self.bucket = self._options["bucket_name"]
        self._client = S3Clients(self._options, _watch)
        self._checks: bool | None = None
        self._sizes: dict[str, int] = {}

    def with_checksum(self, checksum: str) -> "S3CASStorage":
        """The same store, told otherwise which bytes it ought to have received."""
        return S3CASStorage(staging_dir=self.staging_dir, checksum=checksum, **self._options)

    def create(self) -> None:
        """Nothing: whoever runs the server makes the bucket."""

    @override
    def preload(self) -> None:
        self._client.preload()

    def publish(self, staged: StagedFile) -> None:
        """One PUT of known length. The server checks the bytes against a checksum, or they are read back."""
        staged.file.seek(0)
        checksum = CHECKSUMS[self.checksum](staged)
        staged.file.seek(0)
        with vendor_errors():
            self._client("send unsigned" if self.checksum == "sha256" and self._server_checks() else "send").put_object(
                Bucket=self.bucket,
                Key=key_of(staged.digest),
                Body=staged.file,
                ContentLength=staged.size,
                ContentType="application/octet-stream",
                **checksum,
            )
        if not checksum:
            with self.open_range(staged.digest) as file:
                if sha256_of(file) != staged.digest:
                    raise StorageUnavailableError

    def _server_checks(self) -> bool:
        """Whether the server refuses bytes that are not those of ChecksumSHA256. Asked once, with such bytes.

        Otherwise they are hashed a second time, by botocore, which signs that hash.
        """
        if self._checks is None:
            from botocore.exceptions import ClientError

            try:
                self._client("send").put_object(
                    Bucket=self.bucket, Key=PROBE, Body=PROBE.encode(), ChecksumSHA256=_WRONG
                )
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") not in _REFUSED:
                    # It had another reason; it is asked again the next time.
                    return False
                self._checks = True
            else:
                self._checks = False
        return self._checks

    def stat(self, digest: str) -> StoredObject | None:
        """Only 404 means absent, from a bucket that is there; 403, 500 and silence are errors."""
        try:
            with self._client.looking():
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
        with self._client.looking():
            answer = self._client("send").get_object(Bucket=self.bucket, Key=key_of(digest), **parameters)
        body = S3Body(answer["Body"], answer["ContentLength"])
        if parameters:
            self.says_partial = answer["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.PARTIAL_CONTENT
            if not _is_part(answer, start):
                body.cut(start, length)
        return cast("BinaryIO", body)

    def presigned_url(self, digest: str) -> str:
        """A URL under which whoever has it can read the content for a quarter of an hour; nothing is asked for it."""
        with vendor_errors():
            url: str = self._client("look").generate_presigned_url(
                "get_object", {"Bucket": self.bucket, "Key": key_of(digest)}, ExpiresIn=_PRESIGNED_SECONDS
            )
        return url

    @override
    def open_whole(self, digest: str) -> tuple[BinaryIO, int]:
        body = cast("S3Body", self.open_range(digest))
        try:
            self._require_whole(digest, body.length)
        except BaseException:
            body.close()
            raise
        return cast("BinaryIO", body), body.length

    def _require_whole(self, digest: str, length: int) -> None:
        """A content never changes its size. So one look in the life of a process tells when a body is too short."""
        if self._sizes.get(digest) == length:
            return
        stored = self.stat(digest)
        if stored is None:
            raise BlobNotFoundError
        if stored.size != length:
            raise StorageUnavailableError
        if len(self._sizes) >= _SIZES:
            self._sizes.clear()
        self._sizes[digest] = length

    def remove(self, digest: str) -> None:
        """Send one DELETE, and do not repeat it."""
        with vendor_errors():
            self._client("sweep").delete_object(Bucket=self.bucket, Key=key_of(digest))

    def objects(self) -> Iterator[StoredObject]:
        """Everything under `cas/`, page by page; S3 lists in the order of the keys."""
        with vendor_errors():
            pages = self._client("send").get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=PREFIX):
                for item in page.get("Contents", ()):
                    name = item["Key"].removeprefix(PREFIX)
                    yield StoredObject(name, item["Size"], item["LastModified"])

    def sends_parts(self, digest: str) -> bool:
        """Whether the server sends the part that is asked for, or the whole. Raises as `open_range`."""
        with self._client.looking():
            answer = self._client("look").get_object(Bucket=self.bucket, Key=key_of(digest), Range="bytes=1-1")
        answer["Body"].close()
        return _is_part(answer, 1)

    def compares_checksums(self, staged: StagedFile) -> bool:
        """Whether the server refuses the staged bytes, which it has, with the checksum of others."""
        with closing(stage_chunks(self.staging_dir, [b"other bytes"])) as others:
            checksum = CHECKSUMS[self.checksum](others)
        staged.file.seek(0)
        try:
            with vendor_errors():
                self._client("send").put_object(
                    Bucket=self.bucket, Key=key_of(staged.digest), Body=staged.file, **checksum
                )
        except StorageUnavailableError:
            return True
        return False

    def read_binding(self) -> bytes | None:
        """An object beside the contents."""
        try:
            with self._client.looking():
                answer = self._client("look").get_object(Bucket=self.bucket, Key=BINDING)
                data: bytes = answer["Body"].read()
        except BlobNotFoundError:
            return None
        return data

    def write_binding(self, data: bytes, *, replace: bool) -> None:
        """One PUT. Not every server knows conditional ones, so of two at the same moment the later counts."""
        if not replace and self.read_binding() is not None:
            return
        with vendor_errors():
            self._client("send").put_object(Bucket=self.bucket, Key=BINDING, Body=data, ContentType="application/json")


def _watch(client: Any) -> None:
    client.meta.events.register("before-send.s3.PutObject", _refuse_changed_bytes)


def _refuse_changed_bytes(request: Any, **kwargs: Any) -> None:
    """Compare the hash that botocore took of the body, to sign it, with the digest in the key.

    An object that is good must not be overwritten, and not every server checks the checksum that is sent along. For
    those that do, no hash is taken.
    """
    hashed = request.headers.get("X-Amz-Content-SHA256", b"")
    hashed = hashed.decode() if isinstance(hashed, bytes) else hashed
    path = urlsplit(request.url).path
    if is_digest(hashed) and not path.endswith((key_of(hashed), f"/{BINDING}", f"/{PROBE}")):
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
