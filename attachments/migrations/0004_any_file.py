"""Files that are neither pictures nor PDFs."""

from django.db import migrations, models


def refuse_files(apps: migrations.state.StateApps, schema_editor: object) -> None:
    """The version before knows no such files; their rows would be in the way of its constraint."""
    count = apps.get_model("attachments", "Attachment").objects.filter(attachment_type="file").count()
    if count:
        raise RuntimeError(
            f"{count} attachments are neither picture, PDF nor link, which the version before does not know. "
            "Delete them first, or stay."
        )


class Migration(migrations.Migration):
    dependencies = [("attachments", "0003_legacy_deletions")]
    operations = [
        migrations.AlterField(
            model_name="attachment",
            name="attachment_type",
            field=models.CharField(
                "type",
                choices=[("image", "image"), ("pdf", "PDF"), ("url", "link"), ("file", "file")],
                max_length=5,
            ),
        ),
        migrations.RemoveConstraint(model_name="attachment", name="attachment_type_is_known"),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=models.Q(attachment_type__in=["image", "pdf", "url", "file"]),
                name="attachment_type_is_known",
            ),
        ),
        migrations.AlterConstraint(
            model_name="attachment",
            name="attachment_file_has_content",
            constraint=models.CheckConstraint(
                condition=models.Q(attachment_type="url") | models.Q(blob__isnull=False) | ~models.Q(legacy_key=""),
                name="attachment_file_has_content",
                violation_error_message="A file needs its content.",
            ),
        ),
        # Last, so that it is the first on the way back.
        migrations.RunPython(migrations.RunPython.noop, refuse_files),
    ]
