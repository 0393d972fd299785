"""Which attachments are to be moved, a page at a time, so that memory does not depend on how many there are."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from attachments.legacy.failures import Reason
from attachments.models import MISSING_KEY_PREFIX, Attachment, MigrationFailure

PAGE_SIZE = 200


@dataclass(frozen=True)
class Row:
    """An attachment with a legacy key, as it was when the page was read."""

    id: int
    set_id: int
    legacy_key: str
    digest: str | None
    content_type: str


def unmigrated() -> QuerySet[Attachment]:
    """Those whose content the content store does not have, whether there is any or not."""
    return Attachment.objects.filter(blob=None).exclude(legacy_key="")


def with_old_object() -> QuerySet[Attachment]:
    """The unmigrated ones that ever had content. (The others got their key from the schema migration.)"""
    return unmigrated().exclude(legacy_key__startswith=MISSING_KEY_PREFIX)


def migrated() -> QuerySet[Attachment]:
    """Those in the content store that still know their legacy key."""
    return Attachment.objects.filter(blob__isnull=False).exclude(legacy_key="")


def to_migrate(*, retry_failed: bool) -> QuerySet[Attachment]:
    """The unmigrated ones without those that an earlier run found missing, unless they are to be tried again."""
    return unmigrated() if retry_failed else unmigrated().filter(~Exists(_found_missing()))


def _found_missing() -> QuerySet[MigrationFailure]:
    return MigrationFailure.objects.filter(
        attachment_id=OuterRef("pk"), legacy_key=OuterRef("legacy_key"), reason=Reason.MISSING
    )


def in_pages(attachments: QuerySet[Attachment], limit: int | None = None) -> Iterator[Row]:
    """The rows, oldest first. The cursor only moves on: what fails is passed once."""
    columns = ("pk", "attachment_set_id", "legacy_key", "blob_id", "content_type")
    last = 0
    while limit is None or limit > 0:
        size = PAGE_SIZE if limit is None else min(PAGE_SIZE, limit)
        page = [Row(*values) for values in attachments.filter(pk__gt=last).order_by("pk").values_list(*columns)[:size]]
        yield from page
        if len(page) < size:
            return
        last = page[-1].id
        limit = None if limit is None else limit - size


def keys_in_pages(attachments: QuerySet[Attachment]) -> Iterator[str]:
    """Every legacy key of the attachments once, in the database's order."""
    keys = attachments.values_list("legacy_key", flat=True).distinct().order_by("legacy_key")
    page = list(keys[:PAGE_SIZE])
    while page:
        yield from page
        page = list(keys.filter(legacy_key__gt=page[-1])[:PAGE_SIZE])
