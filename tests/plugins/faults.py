"""A store that fails on demand, waits, is late or lies on demand, and writes down every call."""

import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial, wraps
from io import BytesIO, IOBase
from pathlib import Path
from typing import Any

import pytest
from storages.backends.s3 import S3Storage

from cas.errors import StorageUnavailableError
from cas.storage import CASStorage, FileSystemCASStorage, S3CASStorage
from cas.storage.staging import StagedFile, stage_chunks
from tests.backends import start_rclone
from tests.plugins.database import PATIENCE_SECONDS

OPERATIONS = ("stat", "publish", "open_range", "remove", "objects")


@dataclass(frozen=True)
class Call:
    """One call of the store; `digest`, for the legacy store the key, is blank for a listing."""

    operation: str
    digest: str


@dataclass
class Hold:
    """A place at which a caller of the store waits until it is released."""

    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None

    def wait(self) -> None:
        """Return when the caller is there."""
        if not self.reached.wait(PATIENCE_SECONDS):
            raise TimeoutError("nobody came to the place")

    def release(self, *, error: BaseException | None = None) -> None:
        """Let the caller go on, or fail."""
        self.error = error
        self.released.set()

    def _strike(self) -> None:
        self.reached.set()
        if not self.released.wait(PATIENCE_SECONDS):
            raise TimeoutError("nobody released the caller")
        if self.error is not None:
            raise self.error


class Late:
    """A request that nobody waits for any more, and that may still take effect."""

    def __init__(self) -> None:
        self._effect: Callable[[], Any] | None = None

    @property
    def was_sent(self) -> bool:
        """Whether somebody made the call."""
        return self._effect is not None

    def land(self) -> None:
        """Now it takes effect."""
        assert self._effect is not None, "it was never sent"
        self._effect()


@dataclass
class _Rule:
    """What happens before, after or instead of the next calls of an operation. "instead" gets the call and its arguments."""

    operation: str
    when: str
    take: Callable[..., Any]
    times: int = 1


class Faults:
    """Wraps the methods of a store in place: whoever holds it, in whatever thread, goes through here.

    A rule counts for the next call of its operation, or for the next `times`. Rules are used in the order they came.
    """

    def __init__(self, store: Any, patch: pytest.MonkeyPatch, operations: tuple[str, ...] = OPERATIONS) -> None:
        self.calls: list[Call] = []
        self._store = store
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self._behind: dict[str, Callable[..., Any]] = {operation: getattr(store, operation) for operation in operations}
        for operation, original in self._behind.items():
            patch.setattr(store, operation, self._wrapped(operation, original))

    def fail(
        self,
        operation: str,
        *,
        after_effect: bool = False,
        times: int = 1,
        error: BaseException | None = None,
    ) -> None:
        """Raise instead of the call, or after it has worked: the answer was lost."""

        def strike() -> None:
            raise error if error is not None else StorageUnavailableError

        self._rules.append(_Rule(operation, _when(after_effect), strike, times))

    def strike(self, operation: str, what: Callable[[], None]) -> None:
        """Do something before the next call."""
        self._rules.append(_Rule(operation, "before", what))

    def hold(self, operation: str, *, after_effect: bool = False) -> Hold:
        """Make the next caller wait before, or after, the call."""
        hold = Hold()
        self._rules.append(_Rule(operation, _when(after_effect), hold._strike))
        return hold

    def late(self, operation: str, *, error: BaseException | None = None) -> Late:
        """The next call fails without effect, and has its effect when the test says so."""
        late = Late()

        def take(original: Callable[..., Any], subject: Any) -> None:
            if isinstance(subject, StagedFile):
                # Its bytes are on the way; the sender closes its file.
                with subject.path.open("rb") as file:
                    copy = stage_chunks(self._store.staging_dir, [file.read()])

                def land() -> None:
                    original(copy)
                    copy.close()

                late._effect = land
            else:
                late._effect = lambda: original(subject)
            raise error if error is not None else StorageUnavailableError

        self._rules.append(_Rule(operation, "instead", take))
        return late

    def garble(self, operation: str, change: Callable[[bytes], bytes]) -> None:
        """The next `publish` stores, or the next `open_range` reads, other bytes, and nobody is told."""

        def take(original: Callable[..., Any], subject: Any, *args: Any) -> Any:
            if isinstance(subject, StagedFile):
                data = subject.path.read_bytes()
                original(subject)
                return overwrite(self._store, subject.digest, change(data))
            with original(subject, *args) as stream:
                return BytesIO(change(stream.read()))

        self._rules.append(_Rule(operation, "instead", take))

    def behind(self, operation: str) -> Callable[..., Any]:
        """The operation of the store itself, for a test that wants to see or to do something unnoticed."""
        return self._behind[operation]

    @property
    def pending(self) -> bool:
        """Whether a rule waits for its call."""
        return bool(self._rules)

    def forget(self) -> None:
        """Drop the rules that nothing has used yet."""
        self._rules.clear()

    def count(self, operation: str) -> int:
        """How often the operation was called."""
        return len([call for call in self.calls if call.operation == operation])

    def _wrapped(self, operation: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def call(*args: Any, **kwargs: Any) -> Any:
            subject = args[0] if args else kwargs.get("digest", kwargs.get("staged", ""))
            digest = subject.digest if isinstance(subject, StagedFile) else subject
            with self._lock:
                self.calls.append(Call(operation, digest))
            self._take(operation, "before")()
            result = self._take(operation, "instead", original)(*args, **kwargs)
            try:
                self._take(operation, "after")()
            except BaseException:
                if isinstance(result, IOBase):
                    result.close()
                raise
            return result

        return call

    def _take(self, operation: str, when: str, *original: Callable[..., Any]) -> Callable[..., Any]:
        """What the next rule says, or what happens without one: the call itself, or nothing."""
        with self._lock:
            rule = next((rule for rule in self._rules if (rule.operation, rule.when) == (operation, when)), None)
            if rule is None:
                return original[0] if original else lambda: None
            rule.times -= 1
            if rule.times == 0:
                self._rules.remove(rule)
        return partial(rule.take, *original)


def _when(after_effect: bool) -> str:
    return "after" if after_effect else "before"


@pytest.fixture
def faults(store: CASStorage, monkeypatch: pytest.MonkeyPatch) -> Faults:
    """Faults of the configured store."""
    return Faults(store, monkeypatch)


def failure(why: str) -> StorageUnavailableError:
    """What a store raises when a vendor's error is behind it."""
    error = StorageUnavailableError()
    error.__cause__ = OSError(why)
    return error


def overwrite(store: CASStorage, digest: str, data: bytes) -> None:
    """Put other bytes under the key of a content, as a failing disk does. (The store itself refuses.)"""
    if isinstance(store, FileSystemCASStorage):
        path = Path(store.path(f"cas/{digest}"))
        # The staged file may be the same one under another name.
        path.unlink(missing_ok=True)
        path.write_bytes(data)
    elif isinstance(store, S3CASStorage):
        _plain_client(store).put_object(Bucket=store.bucket, Key=f"cas/{digest}", Body=data)
    else:
        raise TypeError(store)


def put_stranger(store: CASStorage, name: str, data: bytes = b"") -> None:
    """Put an object among the contents that is none."""
    if isinstance(store, FileSystemCASStorage):
        path = store.location / "cas" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    elif isinstance(store, S3CASStorage):
        _plain_client(store).put_object(Bucket=store.bucket, Key=f"cas/{name}", Body=data)
    else:
        raise TypeError(store)


@lru_cache(maxsize=4)
def _plain_client(store: S3CASStorage) -> Any:
    return S3Storage(**store._options).connection.meta.client


@pytest.fixture
def missing_bucket(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The options of a bucket that is not there, of a server that answers."""
    key, secret = secrets.token_hex(8), secrets.token_hex(16)
    (tmp_path / "buckets").mkdir()
    endpoint, stop = start_rclone(tmp_path / "buckets", key, secret)
    yield {
        "bucket_name": "elsewhere",
        "endpoint_url": endpoint,
        "access_key": key,
        "secret_key": secret,
        "region_name": "us-east-1",
    }
    stop()
