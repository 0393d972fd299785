"""Adopt: an object without a row is given one that is marked for deletion, for the collector (docs/protocol.md).

Such objects stay behind when an upload dies between storing the bytes and its COMMIT. They are never deleted directly:
the upload may be about to commit, or another one may count on the object already.
"""

from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models.functions import Now

from cas.models import Blob, Purge
from cas.protocol import binding
from cas.storage import cas_storage

_LOCK_NOT_AVAILABLE = "55P03"


class _NotAnOrphanError(Exception):
    """Rolls the inserted row back."""


def adopt(digest: str) -> bool:
    """Give the object a row that is marked for deletion.

    Returns False when it is no orphan after all, or an upload holds it. Raises StorageUnavailableError;
    StoreBindingError when the store belongs to another database, for which this object may be no orphan.
    """
    binding.require_lately()
    try:
        with transaction.atomic(durable=True):
            _insert(digest)
            # After the insert, which keeps every tombstone and every upload of this content away until COMMIT.
            size = _size_of_orphan(digest)
            Blob.objects.filter(pk=digest).update(size=size)
    except (_NotAnOrphanError, IntegrityError):
        return False
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        return False
    return True


def _insert(digest: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
    Blob(digest=digest, size=0, condemned_at=Now()).save(force_insert=True)


def _size_of_orphan(digest: str) -> int:
    stored = None if Purge.objects.filter(pk=digest).exists() else cas_storage().stat(digest)
    if stored is None:
        raise _NotAnOrphanError
    return stored.size
