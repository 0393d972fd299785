"""Every kit gets a set of its own."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from attachments.migration_steps import give_sets, refuse_to_lose_attachments, table, take_sets_away


def give_every_kit_a_set(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the sets that are missing; those of a killed run stay."""
    give_sets(table(apps, schema_editor, "kits.Kit"), table(apps, schema_editor, "attachments.AttachmentSet"))


def take_the_sets_away(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Delete the sets, which are empty."""
    kits = table(apps, schema_editor, "kits.Kit")
    refuse_to_lose_attachments(kits, table(apps, schema_editor, "attachments.Attachment"), naming="name")
    take_sets_away(kits, table(apps, schema_editor, "attachments.AttachmentSet"))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("kits", "0002_kit_attachment_set")]
    operations = [migrations.RunPython(give_every_kit_a_set, take_the_sets_away)]
