"""Deleting the old objects of migrated attachments: exactly the recorded keys, one after the other.

A key is given up in one transaction that holds every row with it: the content store is looked at, the old object goes,
the rows forget the key.
"""

import hashlib
import posixpath
from contextlib import closing
from functools import partial

import structlog
from django.db import transaction
from django.db.models.functions import Now

from attachments.legacy import legacy_storage
from attachments.migrating import reading, rows
from attachments.migrating.failures import Reason, RowError, reason_of
from attachments.migrating.reporting import StoppedError, Tally
from attachments.migrating.turns import turn
from attachments.migrating.workers import in_parallel
from attachments.models import Attachment, AttachmentSet
from cas import services as cas
from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.models import Blob
from cas.staging import CHUNK_BYTES
from cas.storage import PREFIX, cas_storage

logger = structlog.get_logger(__name__)


class _DamagedError(Exception):
    """The content store does not have what the rows refer to."""

    def __init__(self, blob: Blob) -> None:
        super().__init__(blob.pk)
        self.blob = blob


def clean_up(tally: Tally, *, workers: int = 1, verify: bool = False, dry_run: bool = False) -> None:
    """Delete the old objects, and clear the keys. With `verify` the stored content is read and hashed before.

    Raises StoppedError while a row is unmigrated, and when the surroundings fail.
    """
    unmigrated = rows.with_old_object().count()
    if unmigrated:
        raise StoppedError(
            f"{unmigrated} attachments are not in the content store. No old object is deleted before all are."
        )
    tally.begin("objects_deleted", "keys_cleared", "healed")
    migrated = rows.migrated()
    total = migrated.values("legacy_key").distinct().count()
    if dry_run:
        tally.add("objects_deleted", total)
        return
    work = partial(_try, tally, verify=verify)
    with closing(in_parallel(work, rows.keys_in_pages(migrated), workers)) as done:
        tally.follow(done, total, "Deleting")


def _try(tally: Tally, key: str, *, verify: bool) -> None:
    try:
        _give_up(key, tally, verify=verify)
    except Exception as error:  # one key must not stop the others
        reason = reason_of(error)
        logger.warning("old_object_kept", key=key, reason=reason, exc_info=error)
        tally.fail(key, reason, error)


def _give_up(key: str, tally: Tally, *, verify: bool) -> None:
    if key.startswith(PREFIX):
        # It is an object of the content store, which only the collector may delete.
        tally.add("keys_cleared", _clear(key, delete=False))
        return
    if posixpath.normpath(key) != key or key.startswith(("/", "../")):
        raise RowError(Reason.ODD_KEY)
    if verify:
        for blob in Blob.objects.filter(attachments__legacy_key=key).distinct():
            if not _is_stored_as_it_should_be(blob):
                Blob.objects.filter(pk=blob.pk).update(corrupt_at=Now())
    try:
        cleared = _clear(key, delete=True)
    except _DamagedError as error:
        _heal(key, error.blob)
        tally.add("healed")
        cleared = _clear(key, delete=True)
    tally.add("objects_deleted")
    tally.add("keys_cleared", cleared)


def _clear(key: str, *, delete: bool) -> int:
    """Clear the key, after deleting its object. Returns of how many rows; the locks keep a revert away."""
    with turn(), transaction.atomic(durable=True):
        sharing = Attachment.objects.filter(legacy_key=key)
        list(AttachmentSet.objects.locked().filter(pk__in=sharing.values("attachment_set")).order_by("pk"))
        attachments = list(sharing.select_for_update(of=("self",)).select_related("blob").order_by("pk"))
        for attachment in attachments:
            if attachment.blob is None:
                raise RowError(Reason.UNMIGRATED)
            if delete:
                _refuse_damaged(attachment.blob)
        if delete and attachments:
            _delete(key)
        return sharing.update(legacy_key="")


def _refuse_damaged(blob: Blob) -> None:
    stored = cas_storage().stat(blob.pk)
    if stored is None or stored.size != blob.size or blob.corrupt_at is not None:
        raise _DamagedError(blob)


def _delete(key: str) -> None:
    try:
        legacy_storage().remove(key)
    except StorageUnavailableError as error:
        raise RowError(Reason.NOT_DELETED) from error
    logger.info("old_object_deleted", key=key)


def _is_stored_as_it_should_be(blob: Blob) -> bool:
    hashed = hashlib.sha256()
    try:
        with cas_storage().open_range(blob.pk) as file:
            while chunk := file.read(CHUNK_BYTES):
                hashed.update(chunk)
    except BlobNotFoundError:
        return False
    return hashed.hexdigest() == blob.pk


def _heal(key: str, blob: Blob) -> None:
    """Store the content again, from the old object, if that still has it."""
    staged = reading.stage(key)
    try:
        if staged.digest != blob.pk:
            raise RowError(Reason.DAMAGED)
        with turn():
            cas.attach(staged, lambda _: None)
    finally:
        staged.close()
    logger.warning("content_healed", digest=blob.pk, key=key)
