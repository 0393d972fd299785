"""What the proofs share: the work of the collector step by step, and what must hold after every one of them."""

import hashlib
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db.models import F, QuerySet

from attachments import services
from attachments.models import Attachment, AttachmentSet, RemovedAttachment
from attachments.services.removed import give_up_expired
from cas.audit import compare
from cas.audit.findings import Finding
from cas.audit.rehash import Rehash, due, in_order
from cas.models import Blob, Purge
from cas.protocol import adopt, collect
from cas.protocol.attach import import_content
from cas.storage import cas_storage, is_digest
from cas.storage.staging import stage_chunks
from kits.models import Kit
from parts.models import Part
from tests.factories import PartFactory
from tests.plugins.blobs import age, purge, retry
from tests.plugins.files import pdf

NO_GRACE = timedelta(0)


def document(number: int = 0) -> bytes:
    """The bytes of a PDF; another number, other bytes."""
    return pdf(f"Datasheet {number}")


def upload(data: bytes, set_id: int | None = None, name: str = "datasheet.pdf") -> Attachment:
    """Attach the bytes to the set, a new part's unless given."""
    return services.attach_file(set_id=set_id or new_set(), upload=ContentFile(data, name))


def bring(data: bytes) -> bool:
    """Import the bytes. Returns whether they had to be sent."""
    staged = stage_chunks(cas_storage().staging_dir, [data])
    try:
        return import_content(staged)
    finally:
        staged.close()


def new_set() -> int:
    """The set of a new part."""
    return PartFactory.create().attachment_set_id


def copy(source: Attachment, set_id: int | None = None) -> Attachment:
    """The same content in another set."""
    return services.copy(attachment_id=source.pk, target_set_id=set_id or new_set())


def remove(attachment: Attachment) -> RemovedAttachment:
    """Delete as the API does. Returns what can be restored."""
    services.detach(set_id=attachment.attachment_set_id, attachment_id=attachment.pk)
    return RemovedAttachment.objects.filter(attachment_id=attachment.pk).latest("pk")


def replace(attachment: Attachment, data: bytes, name: str = "datasheet.pdf") -> RemovedAttachment | None:
    """Replace the file as the API does. Returns what can be restored; None when it was the same content."""
    services.replace_file(
        set_id=attachment.attachment_set_id, attachment_id=attachment.pk, upload=ContentFile(data, name)
    )
    if attachment.blob_id == hashlib.sha256(data).hexdigest():
        return None
    return RemovedAttachment.objects.filter(attachment_id=attachment.pk).latest("pk")


def restore(removed: RemovedAttachment) -> Attachment:
    """Bring it back as the API does."""
    return services.restore(set_id=removed.attachment_set_id, removed_id=removed.pk)


def delete(attachment: Attachment) -> None:
    """Delete for good, as if the time to restore it were over."""
    services.detach(set_id=attachment.attachment_set_id, attachment_id=attachment.pk)
    RemovedAttachment.objects.filter(attachment_id=attachment.pk).delete()


def make_removed_old() -> None:
    """Let `KEEP_REMOVED` pass for all that can be restored."""
    RemovedAttachment.objects.update(removed_at=F("removed_at") - 2 * settings.KEEP_REMOVED)


def let_removed_expire() -> int:
    """Give up all that can be restored, as `cas_gc` does after `KEEP_REMOVED`. Returns how many it were."""
    make_removed_old()
    return give_up_expired()


# --- The collector --------------------------------------------------------------------------------


def marked_blob(data: bytes) -> str:
    """Store the bytes, let nothing refer to them, and condemn them. Returns their digest."""
    attachment = upload(data)
    digest = str(attachment.blob_id)
    delete(attachment)
    assert collect.mark([digest]) == 1
    return digest


def mark() -> None:
    """Absolve and condemn, as the command does."""
    list(collect.unmark_used())
    list(collect.mark_unused())


def sweep(grace: timedelta = NO_GRACE) -> list[collect.Outcome]:
    """One round of the collector. Returns what became of each candidate."""
    outcomes = [retry(digest) for digest in _digests(collect.expired_tombstones())]
    mark()
    return outcomes + [purge(digest, grace) for digest in _digests(collect.purgeable(grace))]


def _digests(rows: QuerySet[Any]) -> list[str]:
    return list(rows.order_by("pk").values_list("pk", flat=True))


def adopt_all() -> list[bool]:
    """Offer every object without a row to the adoption, as the checker does."""
    known = set(Blob.objects.values_list("pk", flat=True)) | set(Purge.objects.values_list("pk", flat=True))
    names = [stored.name for stored in list(cas_storage().objects())]
    return [adopt.adopt(name) for name in names if is_digest(name) and name not in known]


def check_deep() -> list[Finding]:
    """Compare rows with the store, then hash everything."""
    return [*compare.Comparison().findings(), *Rehash(jobs=2).findings(in_order(due(None)))]


def let_delta_pass() -> None:
    """Make every tombstone as old as one whose DELETE is dead for certain."""
    age(tombstones=cas_storage().tombstone_lifetime)


def let_grace_pass() -> None:
    """Make everything that is marked old enough to be purged."""
    age(blobs=collect.GRACE)


# --- What holds -----------------------------------------------------------------------------------


def assert_invariants(*, but: Collection[str] = ()) -> None:
    """I0, I2, I4: no row beside a tombstone, no reference without a row, no row without exactly its bytes.

    And every cover in its set, every set with its one owner. `but` are digests whose objects the test has destroyed.
    """
    rows = dict(Blob.objects.values_list("pk", "size"))
    assert not rows.keys() & set(Purge.objects.values_list("pk", flat=True)), "I0: a row and a tombstone"
    referenced = references()
    assert referenced <= rows.keys(), "I2: a reference without a row"
    stored = contents()
    for digest, size in rows.items():
        if digest in but:
            continue
        assert digest in stored, "I4: a row without an object"
        assert len(stored[digest]) == size, "I4: an object of another size"
    for name, data in stored.items():
        assert name in but or hashlib.sha256(data).hexdigest() == name, "other bytes than the key says"
    elsewhere = AttachmentSet.objects.exclude(cover_attachment=None).exclude(cover_attachment__attachment_set=F("pk"))
    assert not elsewhere.exists(), "a cover of another set"
    assert AttachmentSet.objects.count() == Part.objects.count() + Kit.objects.count(), "a set without an owner"


def references() -> set[str | None]:
    """The digests that an attachment refers to, or one that can be restored."""
    return {
        digest
        for model in (Attachment, RemovedAttachment)
        for digest in model._default_manager.exclude(blob=None).values_list("blob_id", flat=True)
    }


def quiesce() -> None:
    """Let the collector finish undisturbed: afterwards the store holds what is referenced, and nothing else."""
    let_delta_pass()
    sweep()
    adopt_all()
    sweep()
    assert_invariants()
    referenced = references()
    assert set(contents()) == set(Blob.objects.values_list("pk", flat=True)) == referenced, "garbage stays"
    assert not Purge.objects.exists(), "a tombstone stays"


def wipe() -> None:
    """Empty database and store, whatever happened before."""
    Part.objects.all().delete()
    Kit.objects.all().delete()
    Blob.objects.all().delete()
    Purge.objects.all().delete()
    for name in contents():
        cas_storage().remove(name)


def contents() -> dict[str, bytes]:
    """Everything in the store, but not what an S3 server keeps there of an upload that broke off."""
    store = cas_storage()
    found = {}
    for name in [stored.name for stored in list(store.objects()) if is_digest(stored.name)]:
        with store.open_range(name) as file:
            found[name] = file.read()
    return found


def result_of(call: Callable[[], Any]) -> Any:
    """What the call returns, or the error that it raises."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001  (the test looks at it)
        return error
