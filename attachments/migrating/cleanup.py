"""Deleting the old objects of migrated attachments: exactly the recorded keys, one after the other.

A key is given up in one transaction that holds every row with it: the content store is looked at, the old object goes,
the rows forget the key.
"""

import hashlib
import posixpath
from collections.abc import Mapping
from contextlib import closing
from functools import partial

import structlog
from django.db import transaction
from django.db.models.functions import Now

from attachments.legacy import legacy_storage
from attachments.migrating import reading, rows
from attachments.migrating.crew import Crew
from attachments.migrating.failures import Reason, RowError, reason_of
from attachments.migrating.reporting import Outcome, StoppedError, Tally
from attachments.migrating.turns import turn
from attachments.models import Attachment, AttachmentSet
from cas import services as cas
from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.models import Blob
from cas.staging import CHUNK_BYTES
from cas.storage import PREFIX, cas_storage

logger = structlog.get_logger(__name__)


class _DamagedError(RowError):
    """The content store does not have what the rows refer to."""

    def __init__(self, blob: Blob) -> None:
        super().__init__(Reason.DAMAGED)
        self.blob = blob


def clean_up(tally: Tally, crew: Crew, *, verify: bool = False, dry_run: bool = False) -> None:
    """Delete the old objects, and clear the keys. With `verify` the stored content is read and hashed before.

    Raises StoppedError while a row is unmigrated, and when the surroundings fail.
    """
    unmigrated = rows.with_old_object().count()
    if unmigrated:
        raise StoppedError(
            f"{unmigrated} attachments are not in the content store. No old object is deleted before all are."
        )
    tally.begin("objects_deleted", "already_gone", "keys_cleared", "healed")
    migrated = rows.migrated()
    total = migrated.values("legacy_key").distinct().count()
    if dry_run:
        tally.add("objects_deleted", total)
        return
    work = partial(_try, verify=verify)
    with closing(crew.do(work, rows.keys_in_pages(migrated), tally.count)) as done:
        tally.follow(done, total, "Deleting")


def _try(key: str, *, verify: bool) -> Outcome:
    try:
        return Outcome(_give_up(key, verify=verify))
    except Exception as error:  # one key must not stop the others
        reason = reason_of(error)
        logger.warning("old_object_kept", key=key, reason=reason, exc_info=error)
        return Outcome.failed(key, reason, error)


def _give_up(key: str, *, verify: bool) -> Mapping[str, int]:
    if key.startswith(PREFIX):
        # It is an object of the content store, which only the collector may delete.
        return {"keys_cleared": _clear(key)}
    if posixpath.normpath(key) != key or key.startswith(("/", "../")):
        raise RowError(Reason.ODD_KEY)
    if verify:
        _mark_damaged(key)
    try:
        return _delete_and_clear(key)
    except _DamagedError as error:
        _heal(key, error.blob)
        return {"healed": 1, **_delete_and_clear(key)}


def _clear(key: str) -> int:
    """Make the migrated rows forget the key; returns how many."""
    with turn(), transaction.atomic(durable=True):
        _locked_rows(key)
        return Attachment.objects.filter(legacy_key=key, blob__isnull=False).update(legacy_key="")


def _delete_and_clear(key: str) -> Mapping[str, int]:
    """Delete the old object and make all its rows forget it, while the locks keep a revert away."""
    with turn(), transaction.atomic(durable=True):
        blobs = {attachment.blob for attachment in _locked_rows(key)}
        for blob in blobs:
            if blob is None:
                raise RowError(Reason.UNMIGRATED)
            _refuse_damaged(blob)
        outcome = _delete(key, {blob.size for blob in blobs if blob is not None}) if blobs else "already_gone"
        return {outcome: 1, "keys_cleared": Attachment.objects.filter(legacy_key=key).update(legacy_key="")}


def _locked_rows(key: str) -> list[Attachment]:
    """Every attachment with this key, after its set, in the order of the protocol."""
    sharing = Attachment.objects.filter(legacy_key=key)
    list(AttachmentSet.objects.locked().filter(pk__in=sharing.values("attachment_set")).order_by("pk"))
    return list(sharing.select_for_update(of=("self",)).select_related("blob").order_by("pk"))


def _refuse_damaged(blob: Blob) -> None:
    stored = cas_storage().stat(blob.pk)
    if stored is None or stored.size != blob.size or blob.corrupt_at is not None:
        raise _DamagedError(blob)


def _delete(key: str, sizes: set[int]) -> str:
    """Delete the old object, unless somebody has put something else in its place."""
    try:
        size = reading.size_of(key)
    except RowError as error:
        if error.reason is Reason.MISSING:
            return "already_gone"
        raise
    if size not in sizes:
        raise RowError(Reason.CHANGED)
    try:
        legacy_storage().remove(key)
    except StorageUnavailableError as error:
        raise RowError(Reason.NOT_DELETED) from error
    logger.info("old_object_deleted", key=key)
    return "objects_deleted"


def _mark_damaged(key: str) -> None:
    """Read and hash the stored contents of the rows with this key; what is not as it should be counts as damaged."""
    for blob in Blob.objects.filter(attachments__legacy_key=key).distinct():
        if not _is_stored_as_it_should_be(blob):
            Blob.objects.filter(pk=blob.pk).update(corrupt_at=Now())


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
            raise _DamagedError(blob)
        with turn():
            cas.attach(staged, lambda _: None)
    finally:
        staged.close()
    logger.warning("content_healed", digest=blob.pk, key=key)
