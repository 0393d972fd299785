"""For the clean-up of `migrate_to_cas`: what it has begun to delete."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("attachments", "0002_migration_failures")]
    operations = [
        migrations.CreateModel(
            name="LegacyDeletion",
            fields=[
                ("legacy_key", models.CharField(max_length=500, primary_key=True, serialize=False)),
                ("begun_at", models.DateTimeField(db_default=Now())),
            ],
        ),
    ]
