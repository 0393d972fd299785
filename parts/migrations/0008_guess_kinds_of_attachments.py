"""The kinds of attachments that were there before there were kinds. Here, since the legacy ones come by `parts.0005`."""

from collections import defaultdict
from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from attachments.kinds import guess_kind
from attachments.migration_steps import in_batches, table


def guess_kinds(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Guess what is "other" so far; what somebody chose meanwhile stays."""
    attachments = table(apps, schema_editor, "attachments.Attachment").filter(kind="other")

    def step(batch: list[Any]) -> None:
        ids = defaultdict(list)
        for row in batch:
            ids[guess_kind(row.attachment_type, row.filename, row.title)].append(row.pk)
        for kind, some in ids.items():
            attachments.filter(pk__in=some).update(kind=kind)

    in_batches(attachments.only("attachment_type", "filename", "title"), step, what="kinds of attachments guessed")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("parts", "0007_drop_legacy_attachments"), ("attachments", "0005_attachment_kind")]
    operations = [migrations.RunPython(guess_kinds, migrations.RunPython.noop)]
