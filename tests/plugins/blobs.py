"""Blobs in every state that the collector and the checker meet."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from attachments.models import Attachment, RemovedAttachment
from cas.audit import compare
from cas.models import Blob, Purge
from cas.protocol import attach, collect
from cas.protocol.collect import Outcome, Tombstone
from cas.storage import CASStorage
from cas.storage.staging import stage_chunks
from parts.models import Part
from tests.plugins.files import sha256

DATA = b"the bytes of a datasheet"
DIGEST = sha256(DATA)


def refer_to(blob: Blob) -> Attachment:
    """A row that refers to the blob, of a part of its own."""
    return Attachment.objects.create(
        attachment_set=Part.objects.create(description="A timer").attachment_set,
        attachment_type="pdf",
        title="A datasheet",
        content_type="application/pdf",
        blob=blob,
    )


def age(*, blobs: timedelta = timedelta(), tombstones: timedelta = timedelta()) -> None:
    """Let the database think that this time has passed since blobs were condemned, or tombstones laid."""
    Blob.objects.exclude(condemned_at=None).update(condemned_at=F("condemned_at") - blobs)
    Purge.objects.update(started_at=F("started_at") - tombstones)


def forget_removed() -> None:
    """What was deleted or replaced is gone for good, as after `KEEP_REMOVED`."""
    RemovedAttachment.objects.all().delete()


def purge(digest: str, grace: timedelta = collect.GRACE) -> Outcome:
    """PURGE for one blob, with the steps of `cas_gc`."""
    return _buried(collect.lay_tombstones([digest], grace)[digest])


def retry(digest: str) -> Outcome:
    """RETRY for one tombstone, with the steps of `cas_gc`."""
    return _buried(collect.renew_tombstone(digest) or Outcome.SKIPPED)


def _buried(laid: Tombstone | Outcome) -> Outcome:
    ((_, outcome),) = collect.sweep([(None, laid)], 1)
    return outcome


@pytest.fixture
def nothing_is_young(monkeypatch: pytest.MonkeyPatch) -> None:
    """Objects that were written a moment ago are old enough to be adopted."""
    monkeypatch.setattr(compare, "YOUNG", timedelta(days=-1))


@pytest.fixture
def upload(store: CASStorage) -> Callable[..., Attachment]:
    """Store bytes as an upload does, with a row that refers to them."""

    def make(data: bytes = DATA) -> Attachment:
        staged = stage_chunks(store.staging_dir, [data])
        try:
            return attach.attach(staged, refer_to)
        finally:
            staged.close()

    return make


@pytest.fixture
def garbage(upload: Callable[..., Attachment]) -> Callable[..., str]:
    """Store bytes to which nothing refers any more; with `marked`, marked for deletion for that long. Returns the digest."""

    def make(data: bytes = DATA, *, marked: timedelta | None = None) -> str:
        attachment = upload(data)
        attachment.delete()
        forget_removed()
        if marked is not None:
            Blob.objects.filter(pk=attachment.blob_id).update(condemned_at=Now() - marked)
        return str(attachment.blob_id)

    return make
