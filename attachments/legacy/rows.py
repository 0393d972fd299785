"""Which attachments and keys a run takes, read in batches, so that memory does not depend on how many there are."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from zlib import crc32

from django.db.models import Exists, F, OuterRef, QuerySet

from attachments.legacy.failures import Reason
from attachments.models import MISSING_KEY_PREFIX, Attachment, MigrationFailure
from core.batches import in_batches

_BATCH = 200


@dataclass(frozen=True)
class Shard:
    """One of several parts of the work, each for a process of its own. Without numbers it is all of it."""

    number: int = 1
    count: int = 1

    def rows(self, attachments: QuerySet[Attachment]) -> QuerySet[Attachment]:
        """Those of the attachments that are in this part."""
        return attachments.alias(remainder=F("pk") % self.count).filter(remainder=self.number - 1)

    def has_key(self, key: str) -> bool:
        """Whether a legacy key is in this part. One that several attachments share is in one part only."""
        return crc32(key.encode()) % self.count == self.number - 1


@dataclass(frozen=True)
class Row:
    """An attachment with a legacy key, as it was when its batch was read."""

    id: int
    set_id: int
    legacy_key: str
    digest: str | None
    content_type: str

    def __str__(self) -> str:
        return f"attachment {self.id}, {self.legacy_key}"


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
    found_missing = MigrationFailure.objects.filter(
        attachment_id=OuterRef("pk"), legacy_key=OuterRef("legacy_key"), reason=Reason.MISSING
    )
    return unmigrated() if retry_failed else unmigrated().filter(~Exists(found_missing))


def read_rows(attachments: QuerySet[Attachment], limit: int | None = None) -> Iterator[Row]:
    """The attachments, oldest first, each once: one that fails is not read again."""
    columns = attachments.values_list("pk", "attachment_set_id", "legacy_key", "blob_id", "content_type")
    return islice((Row(*row) for batch in in_batches(columns, _BATCH, key=itemgetter(0)) for row in batch), limit)


def read_keys(shard: Shard) -> Iterator[str]:
    """The legacy keys of the migrated attachments, those of the part, each once."""
    keys = migrated().values_list("legacy_key", flat=True).distinct().order_by("legacy_key")
    batch = list(keys[:_BATCH])
    while batch:
        yield from filter(shard.has_key, batch)
        batch = list(keys.filter(legacy_key__gt=batch[-1])[:_BATCH])
