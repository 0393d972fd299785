"""Where else a content is shown: other parts, kits and whatever owns attachments."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.contrib import admin
from django.db import models
from django.db.models.functions import RowNumber
from django.urls import reverse

from attachments.models import Attachment, AttachmentOwner, owner_accessor, owner_models

# Enough to know whose it is; a logo may be on thousands.
NAMED = 3


@dataclass(frozen=True)
class OwnerName:
    """An owner, for people."""

    attachment_set_id: int
    kind: str
    name: str
    admin_url: str | None


@dataclass
class Elsewhere:
    """Some of the other owners of a content, at most `NAMED`; `more` when there are others still."""

    owners: list[OwnerName] = field(default_factory=list)
    more: bool = False


def shown_elsewhere(attachments: Sequence[Attachment]) -> dict[int, Elsewhere]:
    """By the number of each attachment of one set whose content other sets have. Two queries, whatever there is."""
    # The picture of a link is its page's: that many pages of a site have the same says nothing.
    attachments = [attachment for attachment in attachments if attachment.attachment_type != Attachment.Type.URL]
    digests = {attachment.blob_id for attachment in attachments if attachment.blob_id}
    if not digests:
        return {}
    rank = models.Window(RowNumber(), partition_by="blob", order_by="id")
    nearest = (
        Attachment.objects.filter(blob__in=digests)
        .exclude(attachment_set=attachments[0].attachment_set_id)
        .exclude(attachment_type=Attachment.Type.URL)
        .annotate(rank=rank)
        .filter(rank__lte=NAMED + 1)
    )
    owners = (f"attachment_set__{owner_accessor(model)}" for model in owner_models())
    rows = Attachment.objects.filter(pk__in=[row.pk for row in nearest.only("pk")]).order_by("id")
    by_digest: dict[str, Elsewhere] = {}
    for row in rows.select_related("attachment_set", *owners):
        _add(by_digest.setdefault(str(row.blob_id), Elsewhere()), row.attachment_set.owner)
    return {
        attachment.pk: by_digest[attachment.blob_id]
        for attachment in attachments
        if attachment.blob_id in by_digest and by_digest[attachment.blob_id].owners
    }


def name_of(owner: AttachmentOwner) -> OwnerName:
    """The owner, for people."""
    kind = str(owner._meta.verbose_name)
    return OwnerName(owner.attachment_set_id, kind, str(owner), admin_address(owner))


def admin_address(row: models.Model) -> str | None:
    """Where the admin shows a row, or None when it does not."""
    if not admin.site.is_registered(type(row)):
        return None
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def _add(elsewhere: Elsewhere, owner: AttachmentOwner | None) -> None:
    if owner is None or any(named.attachment_set_id == owner.attachment_set_id for named in elsewhere.owners):
        return
    if len(elsewhere.owners) == NAMED:
        elsewhere.more = True
    else:
        elsewhere.owners.append(name_of(owner))
