"""A store that fails on demand, waits on demand, and writes down every call."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any

import pytest
from storages.backends.s3 import S3Storage

from cas.errors import StorageUnavailableError
from cas.staging import StagedFile
from cas.storage import CASStorage, FileSystemCASStorage, S3CASStorage
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


@dataclass
class _Rule:
    operation: str
    after_effect: bool
    times: int
    strike: Callable[[], None]


class Faults:
    """Wraps the methods of a store in place: whoever holds it, in whatever thread, goes through here.

    A rule counts for the next call of its operation, or for the next `times`. Rules are used in the order they came.
    """

    def __init__(self, store: Any, patch: pytest.MonkeyPatch, operations: tuple[str, ...] = OPERATIONS) -> None:
        self.calls: list[Call] = []
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        for operation in operations:
            patch.setattr(store, operation, self._wrapped(operation, getattr(store, operation)))

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

        self._rules.append(_Rule(operation, after_effect, times, strike))

    def strike(self, operation: str, what: Callable[[], None]) -> None:
        """Do something before the next call."""
        self._rules.append(_Rule(operation, after_effect=False, times=1, strike=what))

    def hold(self, operation: str, *, after_effect: bool = False) -> Hold:
        """Make the next caller wait before, or after, the call."""
        hold = Hold()
        self._rules.append(_Rule(operation, after_effect, 1, hold._strike))
        return hold

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
            self._strike(operation, after_effect=False)
            result = original(*args, **kwargs)
            self._strike(operation, after_effect=True)
            return result

        return call

    def _strike(self, operation: str, *, after_effect: bool) -> None:
        with self._lock:
            rule = next(
                (rule for rule in self._rules if (rule.operation, rule.after_effect) == (operation, after_effect)), None
            )
            if rule is None:
                return
            rule.times -= 1
            if rule.times == 0:
                self._rules.remove(rule)
        rule.strike()


@pytest.fixture
def faults(store: CASStorage, monkeypatch: pytest.MonkeyPatch) -> Faults:
    """Faults of the configured store."""
    return Faults(store, monkeypatch)


def overwrite(store: CASStorage, digest: str, data: bytes) -> None:
    """Put other bytes under the key of a content, as a failing disk does. (The store itself refuses.)"""
    if isinstance(store, FileSystemCASStorage):
        Path(store.path(f"cas/{digest}")).write_bytes(data)
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
