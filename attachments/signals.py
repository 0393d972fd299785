"""What holds however a row is deleted: by a service, the admin's bulk action, a queryset or a cascade."""

from functools import partial
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Model, QuerySet
from django.db.models.functions import Now
from django.db.models.signals import post_delete, pre_delete

from attachments import metrics
from attachments.history import note
from attachments.models import Attachment, AttachmentOwner, AttachmentSet, RemovedAttachment, owner_models
from core import search

logger = structlog.get_logger(__name__)

_DOOMED = "_doomed_attachment_sets"
_LOCKED = "_locked_attachment_sets"


def connect() -> None:
    """Connect the receivers, for every kind of owner."""
    pre_delete.connect(remember_cover, sender=Attachment, dispatch_uid="remember_cover")
    post_delete.connect(keep_removed, sender=Attachment, dispatch_uid="keep_removed")
    post_delete.connect(hand_cover_over, sender=Attachment, dispatch_uid="hand_cover_over")
    for model in owner_models():
        pre_delete.connect(doom_set, sender=model, dispatch_uid=f"doom_set_{model._meta.label}")
        post_delete.connect(delete_doomed_sets, sender=model, dispatch_uid=f"delete_doomed_sets_{model._meta.label}")


def remember_cover(instance: Attachment, origin: Any, using: str, **kwargs: Any) -> None:
    """Lock the set and note whether it loses its cover. (It is cleared by the time of `post_delete`.)"""
    if instance.was_cover is not None:
        return  # Whoever deletes it has locked the set and looked.
    instance.was_cover = False
    if _model_of(origin) is not Attachment:
        return  # The whole set goes, locked by whoever deletes it.
    _lock_sets_of_several(origin, using)
    attachment_set = AttachmentSet.objects.using(using).locked().filter(pk=instance.attachment_set_id).first()
    instance.was_cover = attachment_set is not None and attachment_set.cover_attachment_id == instance.pk


def keep_removed(instance: Attachment, origin: Any, using: str, **kwargs: Any) -> None:
    """What is deleted by itself can be brought back for a while; what goes with its set cannot."""
    if _model_of(origin) is Attachment:
        RemovedAttachment.keep(instance, was_cover=bool(instance.was_cover), using=using)
        note(instance.attachment_set, "attachment_removed", instance)


def hand_cover_over(instance: Attachment, origin: Any, using: str, **kwargs: Any) -> None:
    """The oldest remaining image becomes the cover, without one there is none; nobody finds the file any more."""
    if _model_of(origin) is Attachment:
        # Otherwise the owner goes, and its entries with it.
        search.forget_part(instance)
    if instance.was_cover:
        heir = Attachment.objects.using(using).filter(attachment_set=instance.attachment_set_id).oldest_image()
        AttachmentSet.objects.using(using).filter(pk=instance.attachment_set_id).update(
            cover_attachment=heir, updated_at=Now()
        )
        transaction.on_commit(metrics.COVER_CHANGED.labels("handed_over" if heir else "lost").inc, using=using)
    transaction.on_commit(partial(_report_deleted, instance, instance.pk), using=using)


def doom_set(instance: AttachmentOwner, origin: Any, sender: type[Model], **kwargs: Any) -> None:
    """Note the set of an owner that is about to go, on the object that `delete()` was called on."""
    origin.__dict__.setdefault(_DOOMED, {}).setdefault(sender, []).append(instance.attachment_set_id)


def delete_doomed_sets(origin: Any, sender: type[Model], using: str, **kwargs: Any) -> None:
    """Delete the sets of all owners of this kind at once: their rows are all gone by the first `post_delete`."""
    doomed = origin.__dict__[_DOOMED].pop(sender, [])
    if not doomed:
        return
    sets = AttachmentSet.objects.using(using).filter(pk__in=doomed)
    # An upload into one of them ends before, or finds no set after.
    list(sets.locked().order_by("pk").values_list("pk"))
    sets.delete()


def _lock_sets_of_several(origin: Any, using: str) -> None:
    """Lock all sets by number before the first of several attachments goes, or two such deletes wait for each other."""
    if isinstance(origin, QuerySet) and _LOCKED not in origin.__dict__:
        origin.__dict__[_LOCKED] = True
        sets = AttachmentSet.objects.using(using).filter(pk__in=origin.order_by().values("attachment_set"))
        list(sets.locked().order_by("pk").values_list("pk"))


def _model_of(origin: Any) -> type[Model] | None:
    return origin.model if isinstance(origin, QuerySet) else type(origin)


def _report_deleted(attachment: Attachment, attachment_id: int) -> None:
    metrics.DELETED.labels(attachment.attachment_type, str(attachment.was_cover).lower()).inc()
    logger.info(
        "attachment_deleted",
        attachment_id=attachment_id,
        attachment_set_id=attachment.attachment_set_id,
        digest=attachment.blob_id,
        size=attachment.file_size,
    )
