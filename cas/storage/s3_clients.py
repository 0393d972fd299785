"""How this project talks to an S3 server: clients with short timeouts, and errors that others understand.

boto3 is imported where it is used: that takes longer than most commands, and few sites need it.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import RawIOBase
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from typing_extensions import override

from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.storage.staging import CHUNK_BYTES

if TYPE_CHECKING:
    from botocore.config import Config

# An upload holds row locks, and on SQLite the only write lock, while it looks: 13 seconds at the most. Seldom it sends
# and looks again, too: a store that does not answer is given up after 13 + 25 + 13 seconds, before the 60 for which
# others wait for that lock.
_RETRIES = {"mode": "standard", "total_max_attempts": 2}
_LIMITS: dict[str, dict[str, Any]] = {
    "look": {"connect_timeout": 2, "read_timeout": 4, "retries": _RETRIES},
    "send": {"connect_timeout": 2, "read_timeout": 10, "retries": _RETRIES},
    "send unsigned": {"connect_timeout": 2, "read_timeout": 10, "retries": _RETRIES},
    # One attempt only: a repeated DELETE could take effect after the protocol has forgotten it.
    "sweep": {"connect_timeout": 5, "read_timeout": 15, "retries": {"total_max_attempts": 1}},
}


class S3Clients:
    """boto3's clients for one bucket: one for each process and purpose, which is "look", "send" or "sweep".

    Or "send unsigned": without the hash of the body that botocore takes in order to sign it.

    Clients are thread-safe, and must not cross a fork. `prepare` gets every new one.
    """

    def __init__(self, options: dict[str, Any], prepare: Callable[[Any], None] | None = None) -> None:
        self._options = options
        self._prepare = prepare
        self._clients: dict[tuple[int, str], Any] = {}
        self._session: Any = None
        self._bucket_seen = False
        self._lock = threading.Lock()

    def __call__(self, purpose: str) -> Any:
        """The client for the purpose, of this process."""
        key = (os.getpid(), purpose)
        with self._lock:
            if key not in self._clients:
                client = self._make(purpose)
                if self._prepare is not None:
                    self._prepare(client)
                self._clients[key] = client
            return self._clients[key]

    def preload(self) -> None:
        """Read what botocore knows of S3: half a second of work, which copies of this process are spared.

        Raise ImproperlyConfigured when the options make no client, whatever the server says.
        """
        from botocore.exceptions import BotoCoreError

        try:
            with self._lock:
                self._make("look")
        except (BotoCoreError, ValueError) as error:
            raise ImproperlyConfigured(f"The connection to the S3 server cannot be made: {error}") from error

    def _make(self, purpose: str) -> Any:
        """A client with django-storages' options. All come from one session, which keeps what it has read."""
        import boto3
        from storages.backends.s3 import S3Storage

        storage = S3Storage(**self._options)
        if self._session is None:
            # As django-storages: a profile comes before keys, which the environment may have for something else.
            profile = storage.session_profile
            keys = (storage.access_key, storage.secret_key, storage.security_token)
            self._session = boto3.Session(profile_name=profile) if profile else boto3.Session(*keys)
        return self._session.client(
            "s3",
            region_name=storage.region_name,
            use_ssl=storage.use_ssl,
            endpoint_url=storage.endpoint_url,
            verify=storage.verify,
            config=self._config(_LIMITS[purpose], hashes=purpose != "send unsigned"),
        )

    @contextmanager
    def looking(self) -> Iterator[None]:
        """As `vendor_errors`, for a look at an object: it is absent only from a bucket that is there.

        The answer to a HEAD has no body, so a missing bucket and a missing object look alike. Once seen, the bucket is
        not asked for again.
        """
        try:
            with vendor_errors():
                yield
        except BlobNotFoundError:
            if not self._bucket_seen:
                self._require_bucket()
            raise

    def _require_bucket(self) -> None:
        try:
            with vendor_errors():
                self("look").head_bucket(Bucket=self._options["bucket_name"])
        except BlobNotFoundError as error:
            raise StorageUnavailableError from error
        self._bucket_seen = True

    def _config(self, limits: dict[str, Any], *, hashes: bool) -> "Config":
        from botocore.config import Config

        # Servers under an address of one's own seldom have a DNS name for every bucket.
        style = "path" if self._options.get("endpoint_url") else "auto"
        return Config(
            signature_version="s3v4",
            s3={"addressing_style": style, "payload_signing_enabled": hashes},
            # The defaults add a checksum trailer that many S3 servers refuse; we send our own checksum.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            max_pool_connections=32,
            # botocore puts its own together anew for each request, which is a tenth of the time that one takes.
            user_agent="electronics-inventory",
            **limits,
        )


class S3Body(RawIOBase):
    """botocore's stream as a file, with vendor errors translated while reading too. `length` is what was promised."""

    def __init__(self, body: Any, length: int) -> None:
        self.length = length
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

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any) -> int:
        with vendor_errors():
            count: int = self._body.readinto(memoryview(buffer)[: self._left])
        if self._left is not None:
            self._left -= count
        return count

    @override
    def close(self) -> None:
        self._body.close()
        super().close()


@contextmanager
def vendor_errors() -> Iterator[None]:
    """Raise BlobNotFoundError and StorageUnavailableError instead of botocore's errors."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in {"404", "NoSuchKey"}:
            raise BlobNotFoundError from error
        raise StorageUnavailableError from error
    except (BotoCoreError, OSError) as error:
        raise StorageUnavailableError from error
