"""What an attachment is for. The version before adds rows of the kind "other" meanwhile."""

from django.db import migrations, models

_KINDS = ["datasheet", "pinout", "drawing", "photo", "invoice", "other"]


class Migration(migrations.Migration):
    dependencies = [("attachments", "0004_any_file")]
    operations = [
        migrations.AddField(
            model_name="attachment",
            name="kind",
            field=models.CharField(
                choices=[(kind, kind) for kind in _KINDS], db_default="other", default="other", max_length=9
            ),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(condition=models.Q(kind__in=_KINDS), name="attachment_kind_is_known"),
        ),
    ]
