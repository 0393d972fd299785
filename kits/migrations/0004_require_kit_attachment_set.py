"""A kit without a set cannot be stored any more."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.deletion import PROTECT

from attachments.migration_steps import refuse_to_lose_attachments, table


def refuse_while_kits_have_attachments(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Stop the way back, of parts too, before its first change."""
    refuse_to_lose_attachments(
        table(apps, schema_editor, "kits.Kit"),
        table(apps, schema_editor, "attachments.Attachment"),
        naming="name",
    )


class Migration(migrations.Migration):
    dependencies = [("kits", "0003_give_every_kit_a_set")]
    operations = [
        migrations.AlterField(
            model_name="kit",
            name="attachment_set",
            field=models.OneToOneField("attachments.attachmentset", editable=False, on_delete=PROTECT),
        ),
        # The last operation is the first one of the way back.
        migrations.RunPython(migrations.RunPython.noop, refuse_while_kits_have_attachments),
    ]
