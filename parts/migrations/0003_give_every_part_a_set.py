"""Every part gets a set of its own."""

from django.apps.registry import Apps
from django.db import migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Exists, OuterRef

from attachments.migration_steps import (
    give_sets,
    in_batches,
    refuse_to_lose_attachments,
    table,
    take_sets_away,
)


def give_every_part_a_set(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the sets that are missing; those of a killed run stay."""
    give_sets(table(apps, schema_editor, "parts.Part"), table(apps, schema_editor, "attachments.AttachmentSet"))


def take_the_sets_away(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Delete the sets, and the copies that they hold of attachments in the legacy table."""
    parts = table(apps, schema_editor, "parts.Part")
    attachments = table(apps, schema_editor, "attachments.Attachment")
    originals = table(apps, schema_editor, "parts.PartAttachment").filter(pk=OuterRef("pk"))
    with transaction.atomic(using=schema_editor.connection.alias):
        in_batches(
            attachments.filter(Exists(originals), attachment_set__part__isnull=False).only("pk"),
            lambda batch: attachments.filter(pk__in=[row.pk for row in batch]).delete(),
            what="attachments taken out of sets",
        )
        refuse_to_lose_attachments(parts, attachments, naming="key")
        take_sets_away(parts, table(apps, schema_editor, "attachments.AttachmentSet"))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("parts", "0002_part_attachment_set")]
    operations = [migrations.RunPython(give_every_part_a_set, take_the_sets_away)]
