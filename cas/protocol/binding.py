"""The store belongs to one database: an object beside the contents names it (docs/protocol.md, R6).

A second database on the same store, a restored copy of the first for example, refers to other contents. Its collector
would delete what the first one needs. So whatever adds or deletes contents asks here before; reading does not.
"""

import json
import time
from collections.abc import Iterable
from enum import StrEnum
from itertools import islice
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from django.db.models import QuerySet

from cas.errors import StorageUnavailableError
from cas.models import Blob
from cas.protocol.database_identity import database_identity, ensure_identity
from cas.storage import CASStorage, StoredObject, cas_storage
from cas.storage.breaker import BREAKER

logger = structlog.get_logger(__name__)

REMEMBERED_SECONDS = 60.0
# So many contents of an unbound store are compared with the rows.
SAMPLE = 1000

_HELP = (
    "If this is the right store, after a restore, a move or an upgrade of the database server, an administrator has to "
    "run manage.py cas_bind_store."
)
# When each store was last seen to be bound to our database, by the monotonic clock.
_seen: "WeakKeyDictionary[CASStorage, float]" = WeakKeyDictionary()


class State(StrEnum):
    """To whom the store belongs."""

    OURS = "ok"
    ELSEWHERE = "elsewhere"
    MISSING = "missing"


class StoreBindingError(StorageUnavailableError):
    """The store must not be changed by this database. `str()` says why, and what helps."""


class BoundElsewhereError(StoreBindingError):
    """The binding names another database."""

    def __init__(self) -> None:
        super().__init__(f"The file storage belongs to another database; nothing was changed. {_HELP}")


class NotBoundError(StoreBindingError):
    """There are contents, and no binding."""

    def __init__(self) -> None:
        super().__init__(f"The file storage belongs to no database yet; nothing was changed. {_HELP}")


def state() -> State:
    """What the binding says now. Raises StorageUnavailableError, DatabaseError."""
    with BREAKER.call():
        data = cas_storage().read_binding()
    if data is None:
        return State.MISSING
    return State.OURS if _named(data) == _identity() else State.ELSEWHERE


def require() -> None:
    """Return when the store is bound to this database; a new store of a new database is bound now.

    Raises StoreBindingError, and whatever `state` raises.
    """
    found = state()
    if found is State.MISSING:
        if _is_new():
            bind(replace=False)
        # Or another process has bound it meanwhile, and stored the first content.
        found = state()
    if found is State.ELSEWHERE:
        raise BoundElsewhereError
    if found is State.MISSING:
        raise NotBoundError
    _seen[cas_storage()] = time.monotonic()


def require_lately() -> None:
    """As `require`, but what was seen within the last minute, by this process, is enough."""
    seen = _seen.get(cas_storage())
    if seen is None or time.monotonic() - seen > REMEMBERED_SECONDS:
        require()


def bind(*, replace: bool) -> None:
    """Bind the store to this database; without `replace` only if it has no binding.

    Raises StorageUnavailableError, DatabaseError.
    """
    storage = cas_storage()
    _seen.pop(storage, None)
    try:
        identity = ensure_identity()
    except OSError as error:
        raise StorageUnavailableError from error
    storage.write_binding(json.dumps({"database": identity}).encode() + b"\n", replace=replace)


def bind_after_migration(blobs: "QuerySet[Any]") -> None:
    """Bind an unbound store if it is new, or if `blobs`, the rows, know some of its contents.

    Otherwise the log says what is wrong: the migration itself has succeeded.
    """
    try:
        found = state()
        if found is State.MISSING and _fit(blobs, sample()):
            bind(replace=False)
            found = state()
    except StorageUnavailableError:
        logger.exception("store_not_bound")
        return
    if found is not State.OURS:
        logger.error(
            "store_not_bound", reason=str(BoundElsewhereError() if found is State.ELSEWHERE else NotBoundError())
        )


def sample() -> list[str]:
    """The names of the first contents of the store. Raises StorageUnavailableError."""
    stored: Iterable[StoredObject] = islice(cas_storage().objects(), SAMPLE)
    return [item.name for item in stored]


def _fit(blobs: "QuerySet[Any]", names: list[str]) -> bool:
    return blobs.filter(pk__in=names).exists() if names else not blobs.exists()


def _is_new() -> bool:
    return not Blob.objects.exists() and not sample()


def _named(data: bytes) -> str | None:
    """The identity in a binding; None when it cannot be read."""
    try:
        named = json.loads(data)["database"]
    except (ValueError, KeyError, TypeError):
        return None
    return named if isinstance(named, str) else None


def _identity() -> str:
    try:
        return database_identity() or "sqlite without its identity"
    except OSError as error:
        raise StorageUnavailableError from error
