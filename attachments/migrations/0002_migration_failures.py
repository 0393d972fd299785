"""For `migrate_to_cas`: what failed, and who shares a legacy key."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("attachments", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="MigrationFailure",
            fields=[
                ("attachment_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("legacy_key", models.CharField(max_length=500)),
                ("reason", models.CharField(max_length=20)),
                ("failed_at", models.DateTimeField(db_default=Now())),
            ],
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(fields=["legacy_key"], condition=~models.Q(legacy_key=""), name="attachment_legacy_key"),
        ),
    ]
