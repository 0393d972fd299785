"""Which other parts, kits or whatever owns attachments use a content."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import models
from django.db.models.functions import RowNumber

from attachments.models import Attachment, AttachmentOwner, owner_accessor, owner_models

# Enough to know whose it is; a logo may be on thousands.
NAMED = 3


@dataclass
class Elsewhere:
    """Some of the other owners of a content, at most `NAMED`; `more` when there are others still."""

    owners: list[AttachmentOwner] = field(default_factory=list)
    more: bool = False


def used_elsewhere(attachments: Sequence[Attachment]) -> dict[int, Elsewhere]:
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


def _add(elsewhere: Elsewhere, owner: AttachmentOwner | None) -> None:
    if owner is None or any(known.attachment_set_id == owner.attachment_set_id for known in elsewhere.owners):
        return
    if len(elsewhere.owners) == NAMED:
        elsewhere.more = True
    else:
        elsewhere.owners.append(owner)
