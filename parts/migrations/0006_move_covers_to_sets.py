"""The cover of a part becomes the cover of its set; one that is not an attachment of the part is dropped."""

import logging
from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Exists, F, OuterRef

from attachments.migration_steps import in_batches, table

logger = logging.getLogger(__name__)


def move_covers_to_sets(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Set the cover of every set whose part has a good one."""
    attachments = table(apps, schema_editor, "attachments.Attachment")
    sets = table(apps, schema_editor, "attachments.AttachmentSet")
    own = attachments.filter(pk=OuterRef("cover_attachment_id"), attachment_set=OuterRef("attachment_set"))

    def step(batch: list[Any]) -> None:
        sets.bulk_update(
            [
                sets.model(pk=part.attachment_set_id, cover_attachment_id=part.cover_attachment_id)
                for part in _with_own_cover(batch)
            ],
            ["cover_attachment"],
        )

    covered = table(apps, schema_editor, "parts.Part").exclude(cover_attachment=None)
    in_batches(
        covered.annotate(cover_id=F("cover_attachment_id"), has_own_cover=Exists(own)),
        step,
        what="covers moved to sets",
    )


def move_covers_back(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Set the cover of every part whose set has a good one."""
    attachments = table(apps, schema_editor, "attachments.Attachment")
    parts = table(apps, schema_editor, "parts.Part")
    own = attachments.filter(pk=OuterRef("attachment_set__cover_attachment"), attachment_set=OuterRef("attachment_set"))

    def step(batch: list[Any]) -> None:
        chosen = _with_own_cover(batch)
        for part in chosen:
            part.cover_attachment_id = part.cover_id
        parts.bulk_update(chosen, ["cover_attachment"])

    covered = parts.exclude(attachment_set__cover_attachment=None)
    in_batches(
        covered.annotate(cover_id=F("attachment_set__cover_attachment"), has_own_cover=Exists(own)),
        step,
        what="covers moved back to parts",
    )


def _with_own_cover(parts: list[Any]) -> list[Any]:
    for part in parts:
        if not part.has_own_cover:
            logger.warning(
                "part %s: attachment %d is not one of its attachments, so it is not its cover any more",
                part.key,
                part.cover_id,
            )
    return [part for part in parts if part.has_own_cover]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("parts", "0005_copy_attachments_into_sets")]
    operations = [migrations.RunPython(move_covers_to_sets, move_covers_back)]
