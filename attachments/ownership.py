"""Every set has exactly one owner. No constraint can say so: each kind of owner is a table of its own."""

from collections.abc import Iterator

from django.db.models import Case, Exists, IntegerField, OuterRef, Value, When
from django.db.models.expressions import Combinable

from attachments.models import Attachment, AttachmentOwner, AttachmentSet, owner_models
from cas.audit.findings import Finding, Kind, Severity
from core.batches import in_batches

_READ_ROWS = 500


def count_owners_with_attachments(model: type[AttachmentOwner]) -> int:
    """How many rows of the model have an attachment: so many sets as have one, but for those of other owners.

    To look at each row of the model takes ten times as long where there are many, and of other owners there are few. A
    set of nobody counts as well, until its finding is settled.
    """
    sets = Attachment.objects.order_by().values("attachment_set").distinct().count()
    any_of_it = Exists(Attachment.objects.of_outer_owner())
    others = (other for other in owner_models() if other is not model)
    return sets - sum(other._base_manager.filter(any_of_it).count() for other in others)


def ownership_findings() -> Iterator[Finding]:
    """The sets that break the rule."""
    owners: Combinable = Value(0)
    for model in owner_models():
        has_one = Exists(model._base_manager.filter(attachment_set=OuterRef("pk")))
        owners += Case(When(has_one, then=1), default=0, output_field=IntegerField())
    for batch in in_batches(AttachmentSet.objects.alias(owners=owners).exclude(owners=1), _READ_ROWS):
        for attachment_set in batch:
            yield _finding(attachment_set)


def _finding(attachment_set: AttachmentSet) -> Finding:
    subject = f"attachment set {attachment_set.pk}"
    owners = [
        str(owner) for model in owner_models() for owner in model._base_manager.filter(attachment_set=attachment_set)
    ]
    if owners:
        return Finding(Kind.SEVERAL_OWNERS, Severity.WARNING, subject, "It has several owners.", tuple(owners))
    count = attachment_set.attachments.count()
    return Finding(Kind.NO_OWNER, Severity.WARNING, subject, f"Nobody owns it; it has {count} attachments.")
