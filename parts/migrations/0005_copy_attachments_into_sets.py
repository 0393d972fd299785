"""The attachments of the parts are copied into their sets, with their ids and timestamps.

Positions do not go back: the legacy order is that of the ids. And after the way back nothing but keys such as
`cas/<digest>` refers to content: do not run `cas_gc` then, it would collect it.
"""

from collections import Counter
from typing import Any

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Count, Exists, F, OuterRef

from attachments.migration_steps import given_timestamps, in_batches, reset_id_sequence, table
from parts.legacy_attachments import digest_in_key, legacy_columns, todays_columns


def copy_attachments_into_sets(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Copy what is not there yet, in the order of the ids."""
    legacy = table(apps, schema_editor, "parts.PartAttachment")
    attachments = table(apps, schema_editor, "attachments.Attachment")
    blobs = table(apps, schema_editor, "cas.Blob")

    def step(batch: list[Any]) -> None:
        there = set(attachments.filter(pk__in=[row.pk for row in batch]).values_list("pk", flat=True))
        stored = _stored_digests(blobs, batch)
        next_position = _earlier_rows(legacy, batch)
        copies = []
        for row in batch:
            if row.pk not in there:
                copies.append(
                    attachments.model(
                        attachment_set_id=row.set_id,
                        position=next_position[row.part_id],
                        **todays_columns(row, stored),
                    )
                )
            next_position[row.part_id] += 1
        with given_timestamps(attachments.model):
            attachments.bulk_create(copies)

    in_batches(legacy.annotate(set_id=F("part__attachment_set_id")), step, what="attachments copied into sets")
    reset_id_sequence(schema_editor, attachments.model)


def copy_attachments_back(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Copy what is not there yet. The sets keep theirs until they go: a killed run loses nothing."""
    legacy = table(apps, schema_editor, "parts.PartAttachment")
    attachments = table(apps, schema_editor, "attachments.Attachment")

    def step(batch: list[Any]) -> None:
        with given_timestamps(legacy.model):
            legacy.bulk_create([legacy.model(part_id=row.owner_id, **legacy_columns(row)) for row in batch])

    waiting = attachments.filter(~Exists(legacy.filter(pk=OuterRef("pk")))).filter(attachment_set__part__isnull=False)
    in_batches(waiting.annotate(owner_id=F("attachment_set__part")), step, what="attachments copied back to parts")
    reset_id_sequence(schema_editor, legacy.model)


def _stored_digests(blobs: models.QuerySet[Any], batch: list[Any]) -> set[str]:
    """Which of the blobs that the batch names exist. Locked, so that no collector takes one meanwhile."""
    digests = {digest for row in batch if (digest := digest_in_key(row))}
    found = blobs.filter(pk__in=digests).order_by("pk").select_for_update(no_key=True)
    return set(found.values_list("pk", flat=True))


def _earlier_rows(legacy: models.QuerySet[Any], batch: list[Any]) -> Counter[int]:
    """How many rows each part has before this batch, which is the position of its next one."""
    earlier = legacy.filter(part__in={row.part_id for row in batch}, pk__lt=batch[0].pk)
    return Counter(dict(earlier.values_list("part").annotate(Count("pk"))))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("parts", "0004_require_part_attachment_set")]
    operations = [migrations.RunPython(copy_attachments_into_sets, copy_attachments_back)]
