"""The upload side of the blob protocol: the only place where a content gets its row and its object.

The order of the steps is what keeps files safe; docs/protocol.md has the reasons and the proof. Lock order everywhere:
Blob by digest, Purge, AttachmentSet by pk, Attachment by pk. One file, one transaction.
"""

from collections.abc import Callable
from typing import TypeVar

import structlog
from django.db import transaction
from django.db.models.functions import Now

from cas import metrics
from cas.errors import ContentBusyError, StorageUnavailableError
from cas.models import Blob, Purge
from cas.protocol import binding
from cas.storage import StoredObject, cas_storage, write_failures
from cas.storage.breaker import BREAKER
from cas.storage.staging import StagedFile
from core.prepared import PreparedInsert, PreparedQuery

Rows = TypeVar("Rows")

logger = structlog.get_logger(__name__)

_ROW_ATTEMPTS = 20

_BLOB: PreparedQuery[Blob] = PreparedQuery(lambda digest: Blob.objects.filter(pk=digest))
_PURGE: PreparedQuery[Purge] = PreparedQuery(lambda digest: Purge.objects.filter(pk=digest))
_INSERT = PreparedInsert(Blob)
_LOCKED_BLOB: PreparedQuery[Blob] = PreparedQuery(
    lambda digest: Blob.objects.select_for_update(no_key=True).filter(pk=digest)
)
_LOCKED_PURGE: PreparedQuery[Purge] = PreparedQuery(lambda digest: Purge.objects.select_for_update().filter(pk=digest))


def attach(staged: StagedFile, make_rows: Callable[[Blob], Rows]) -> Rows:
    """Store the staged bytes and, in the same transaction, the rows that refer to them. Returns those rows.

    `make_rows` runs with the blob locked; what it raises takes everything back. Raises ContentBusyError while the
    collector deletes this very content, StorageUnavailableError when the store fails, StoreBindingError when it belongs
    to another database. The object is never deleted here: somebody else may count on it already.
    """
    rows, sent = _store(staged, make_rows, condemned_at=None)
    if not sent:
        metrics.DEDUP_HITS.inc()
    return rows


def import_content(staged: StagedFile) -> bool:
    """Store the staged bytes before anything refers to them. Returns whether they had to be sent.

    The blob is marked for deletion from the start: unless rows follow, the collector removes it after its grace.
    Raises as `attach`.
    """
    _, sent = _store(staged, lambda _: None, condemned_at=Now())
    return sent


def _store(staged: StagedFile, make_rows: Callable[[Blob], Rows], *, condemned_at: Now | None) -> tuple[Rows, bool]:
    _refuse_to_join()
    sent = _send_first(staged)
    with transaction.atomic(durable=True):
        blob = _locked_blob(staged, condemned_at)
        took_over = _take_over_expired_purge(blob.digest)
        rows = make_rows(blob)
        sent = _ensure_object(staged, blob, must_send=took_over, was_sent=sent) or sent
        if blob.condemned_at is not None or blob.corrupt_at is not None or blob.size != staged.size:
            # Only an adopted row can have another size: that of a damaged object.
            Blob.objects.filter(pk=blob.pk).update(
                condemned_at=condemned_at if blob.condemned_at else None, corrupt_at=None, size=staged.size
            )
    logger.info("content_stored", digest=staged.digest, size=staged.size, sent=sent)
    return rows, sent


def _refuse_to_join() -> None:
    """Raise RuntimeError in a transaction, as a durable one would: before it begins, bytes are sent."""
    blocks = transaction.get_connection().atomic_blocks
    # The one of a test case does not count, here as there.
    if blocks and not blocks[-1]._from_testcase:
        raise RuntimeError("A file is stored in a durable transaction of its own.")


def _send_first(staged: StagedFile) -> bool:
    """Send the bytes of new content while nothing is locked. Returns whether they were sent.

    What is found here may have changed by the time of the transaction, which looks for itself.
    """
    binding.require_lately()
    if _BLOB(staged.digest):
        if _stat(staged.digest) is not None:
            return False
    elif purges := _PURGE(staged.digest):
        if any(map(_is_active, purges)):
            raise ContentBusyError
        # It is taken over in the transaction, and then the bytes have to be sent there.
        return False
    _publish(staged)
    return True


def _locked_blob(staged: StagedFile, condemned_at: Now | None) -> Blob:
    for _ in range(_ROW_ATTEMPTS):
        _INSERT(Blob(digest=staged.digest, size=staged.size, condemned_at=condemned_at))
        blob = _LOCKED_BLOB.first(staged.digest)
        if blob is not None:
            return blob
        # The collector deleted the row between the two statements.
    raise ContentBusyError


def _take_over_expired_purge(digest: str) -> bool:
    purges = _LOCKED_PURGE(digest)
    if any(map(_is_active, purges)):
        raise ContentBusyError
    for purge in purges:
        purge.delete()
    return bool(purges)


def _is_active(purge: Purge) -> bool:
    """Whether the DELETE that was sent under it may still take effect, by the database's clock."""
    return Purge.objects.filter(pk=purge.pk, started_at__gt=Now() - cas_storage().tombstone_lifetime).exists()


def _ensure_object(staged: StagedFile, blob: Blob, *, must_send: bool, was_sent: bool) -> bool:
    """Send the bytes unless the store has them, whole. This look also heals lost and damaged objects."""
    if _is_stored(staged) and blob.corrupt_at is None and not must_send:
        if not was_sent:
            # Whoever has sent it may not have come so far.
            with BREAKER.call():
                cas_storage().make_durable(staged.digest)
        return False
    metrics.SENT_WHILE_LOCKED.inc()
    _publish(staged)
    if not _is_stored(staged):
        raise StorageUnavailableError
    return True


def _is_stored(staged: StagedFile) -> bool:
    stored = _stat(staged.digest)
    return stored is not None and stored.size == staged.size


def _stat(digest: str) -> StoredObject | None:
    with BREAKER.call():
        return cas_storage().stat(digest)


def _publish(staged: StagedFile) -> None:
    try:
        with BREAKER.call(staged.size):
            cas_storage().publish(staged)
    except StorageUnavailableError:
        logger.exception("content_not_stored", digest=staged.digest, size=staged.size)
        write_failures.note(cas_storage().staging_dir)
        raise
    write_failures.clear(cas_storage().staging_dir)
