"""The legacy table and the cover column go, unless something in them has not been copied."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.exceptions import IrreversibleError
from django.db.models import Exists, OuterRef

from attachments.migration_steps import shown, table


def refuse_while_attachments_are_not_copied(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Raise RuntimeError for rows of parts that do not exist, and after a way back that stopped half-way."""
    copies = table(apps, schema_editor, "attachments.Attachment").filter(pk=OuterRef("pk"))
    left = table(apps, schema_editor, "parts.PartAttachment").filter(~Exists(copies))
    if left.exists():
        raise RuntimeError(
            f"These rows of parts_partattachment have not been copied into sets: {shown(left, 'id')}. If their "
            'parts exist, run "migrate parts 0004", then "migrate"; otherwise delete them or give them a part.'
        )


def refuse_while_attachments_have_no_part(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Stop the way back before the first change: the legacy table has no place for these."""
    attachments = table(apps, schema_editor, "attachments.Attachment")
    left = attachments.filter(attachment_set__part__isnull=True)
    if left.exists():
        raise IrreversibleError(
            f"Going back would lose these attachments, which belong to no part: {shown(left, 'id')}. Delete them first."
        )


class Migration(migrations.Migration):
    dependencies = [("parts", "0006_move_covers_to_sets")]
    operations = [
        migrations.RunPython(refuse_while_attachments_are_not_copied, migrations.RunPython.noop),
        migrations.RemoveField(model_name="part", name="cover_attachment"),
        migrations.DeleteModel(name="PartAttachment"),
        migrations.RunPython(migrations.RunPython.noop, refuse_while_attachments_have_no_part),
    ]
