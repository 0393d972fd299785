"""Deleting the old objects of migrated attachments: exactly the recorded keys, one after the other.

A key is given up in one transaction that holds every row with it: the content store is looked at, the old object goes,
the rows forget the key. That the deletion begins is noted before, in a transaction of its own, for who comes after a
kill. A key whose object is not there without such a note is kept, unless that is said to be right: where none is there,
it is the wrong store that is looked at, and the keys are the only way back.
"""

import posixpath
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from functools import partial

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from attachments.legacy import reading, rows
from attachments.legacy.failures import Reason, RowError
from attachments.legacy.runs import Outcome, Run, StoppedError
from attachments.legacy.storage import legacy_storage
from attachments.models import Attachment, AttachmentSet, LegacyDeletion, RemovedAttachment
from cas.audit.rehash import read_again
from cas.errors import StorageUnavailableError
from cas.models import Blob
from cas.protocol import attach as cas
from cas.protocol import binding
from cas.storage import PREFIX, cas_storage

logger = structlog.get_logger(__name__)


class _DamagedError(RowError):
    """The content store does not have what the rows refer to."""

    def __init__(self, blob: Blob) -> None:
        super().__init__(Reason.DAMAGED)
        self.blob = blob


def clean_up(run: Run, *, verify: bool = False, forget_missing: bool = False) -> Iterator[Outcome[str]]:
    """Delete the old objects, and clear the keys. Yields what became of each key.

    With `verify` the stored content is read and hashed before. With `forget_missing` the keys of objects that are not
    there are cleared too. A dry run looks at every old object without reading it. Raises StoppedError while a row is
    unmigrated, and as every run; StoreBindingError when the content store belongs to another database, whose
    attachments may need the old objects.
    """
    if not run.dry_run:
        binding.require()
    unmigrated = rows.with_old_object().count()
    if unmigrated:
        raise StoppedError(
            f"{unmigrated} attachments are not in the content store. No old object is deleted before all are."
        )
    work = partial(_look if run.dry_run else partial(_give_up, verify=verify), forget_missing=forget_missing)
    for outcome in run.outcomes(work, rows.read_keys(run.shard)):
        if outcome.reason is not None:
            unexpected = outcome.error if outcome.reason is Reason.UNEXPECTED else None
            logger.warning("legacy_key_kept", key=outcome.item, reason=outcome.reason, exc_info=unexpected)
        yield outcome
    if not run.dry_run:
        # What is left is of rows that are gone.
        waiting = rows.migrated().filter(legacy_key=OuterRef("legacy_key"))
        LegacyDeletion.objects.filter(~Exists(waiting)).delete()


def _look(key: str, *, forget_missing: bool) -> Mapping[str, int]:
    """What giving up the key would do, as far as the old object decides it."""
    sharing = Attachment.objects.filter(legacy_key=key).select_related("blob")
    if key.startswith(PREFIX):
        return {"keys_cleared": sharing.exclude(blob=None).count()}
    _refuse_odd(key)
    _refuse_removed(key)
    return _judge(key, list(sharing), forget_missing=forget_missing)


def _give_up(key: str, *, verify: bool, forget_missing: bool) -> Mapping[str, int]:
    if key.startswith(PREFIX):
        # It is an object of the content store, which only the collector may delete.
        return {"keys_cleared": _clear(key)}
    _refuse_odd(key)
    _note_beginning(key)
    if verify:
        _mark_damaged(key)
    try:
        return _delete_and_clear(key, forget_missing=forget_missing)
    except _DamagedError as error:
        _heal(key, error.blob)
        return {"healed": 1, **_delete_and_clear(key, forget_missing=forget_missing)}


def _refuse_odd(key: str) -> None:
    if posixpath.normpath(key) != key or key.startswith(("/", "../")):
        raise RowError(Reason.ODD_KEY)


def _refuse_removed(key: str) -> None:
    """What was deleted before it was migrated has nothing but the old object to come back with."""
    if RemovedAttachment.objects.filter(legacy_key=key, blob=None).exists():
        raise RowError(Reason.REMOVED)


def _note_beginning(key: str) -> None:
    """Only of an object that is there and as it should be. What it is not is judged later, under the lock."""
    with suppress(RowError):
        if "objects_deleted" in _look(key, forget_missing=True):
            LegacyDeletion.objects.bulk_create([LegacyDeletion(legacy_key=key)], ignore_conflicts=True)


def _clear(key: str) -> int:
    """Make the migrated rows forget the key; returns how many."""
    with transaction.atomic(durable=True):
        _locked_rows(key)
        RemovedAttachment.objects.filter(legacy_key=key, blob__isnull=False).update(legacy_key="")
        return Attachment.objects.filter(legacy_key=key, blob__isnull=False).update(legacy_key="")


def _delete_and_clear(key: str, *, forget_missing: bool) -> Mapping[str, int]:
    """Delete the old object and make all its rows forget it, while the locks keep a revert away."""
    binding.require_lately()
    with transaction.atomic(durable=True):
        attachments = _locked_rows(key)
        _refuse_removed(key)
        for blob in _blobs_of(attachments):
            _refuse_damaged(blob)
        counts = _judge(key, attachments, forget_missing=forget_missing)
        if "objects_deleted" in counts:
            _delete(key)
        Attachment.objects.filter(legacy_key=key).update(legacy_key="")
        RemovedAttachment.objects.filter(legacy_key=key).update(legacy_key="")
        LegacyDeletion.objects.filter(legacy_key=key).delete()
        return counts


def _locked_rows(key: str) -> list[Attachment]:
    """Every attachment with this key, after its set and those of removed ones, in the order of the protocol."""
    sharing, removed = Attachment.objects.filter(legacy_key=key), RemovedAttachment.objects.filter(legacy_key=key)
    sets = Q(pk__in=sharing.values("attachment_set")) | Q(pk__in=removed.values("attachment_set"))
    list(AttachmentSet.objects.locked().filter(sets).order_by("pk"))
    return list(sharing.select_for_update(of=("self",)).select_related("blob").order_by("pk"))


def _blobs_of(attachments: list[Attachment]) -> set[Blob]:
    blobs = {attachment.blob for attachment in attachments if attachment.blob is not None}
    if any(attachment.blob is None for attachment in attachments):
        raise RowError(Reason.UNMIGRATED)
    return blobs


def _refuse_damaged(blob: Blob) -> None:
    stored = cas_storage().stat(blob.pk)
    if stored is None or stored.size != blob.size or blob.corrupt_at is not None:
        raise _DamagedError(blob)


def _judge(key: str, attachments: list[Attachment], *, forget_missing: bool) -> Mapping[str, int]:
    """What to count when the attachments may forget the key. Raises RowError when they have to keep it."""
    sizes = {blob.size for blob in _blobs_of(attachments)}
    if not attachments:
        # Somebody else has cleared the key, or deleted them.
        return {}
    try:
        size = reading.size_of(key)
    except RowError as error:
        if error.reason is not Reason.MISSING:
            raise
        if not LegacyDeletion.objects.filter(legacy_key=key).exists():
            if not forget_missing:
                raise RowError(Reason.ALREADY_GONE) from error
            return {"already_gone": 1, "keys_cleared": len(attachments)}
        # An earlier run has deleted it, and was killed. Deleting it again does no harm.
        return {"objects_deleted": 1, "keys_cleared": len(attachments)}
    if size not in sizes:
        # Somebody has put something else in its place.
        raise RowError(Reason.CHANGED)
    return {"objects_deleted": 1, "keys_cleared": len(attachments)}


def _delete(key: str) -> None:
    try:
        legacy_storage().remove(key)
    except StorageUnavailableError as error:
        raise RowError(Reason.NOT_DELETED) from error
    logger.info("old_object_deleted", key=key)


def _mark_damaged(key: str) -> None:
    """Read and hash the stored contents of the rows with this key; what is not as it should be counts as damaged."""
    for blob in Blob.objects.filter(attachments__legacy_key=key).distinct():
        reread = read_again(blob.pk)
        if reread.found is None and not reread.absent:
            raise StorageUnavailableError
        if not reread.is_good:
            Blob.objects.filter(pk=blob.pk).update(corrupt_at=Now())


def _heal(key: str, blob: Blob) -> None:
    """Store the content again, from the old object, if that still has it."""
    with closing(reading.stage(key)) as staged:
        if staged.digest != blob.pk:
            raise _DamagedError(blob)
        cas.attach(staged, lambda _: None)
    logger.warning("content_healed", digest=blob.pk, key=key)
