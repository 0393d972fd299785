"""Indexes for the collector, and for the admin's lists of the newest and the biggest."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cas", "0002_command_reports")]
    operations = [
        migrations.RemoveIndex("Blob", "blob_condemned_at"),
        migrations.AddIndex(
            "Blob",
            models.Index(models.F("digest"), condition=models.Q(condemned_at__isnull=False), name="blob_condemned"),
        ),
        migrations.AddIndex("Blob", models.Index(fields=["created_at", "digest"], name="blob_created_at")),
        migrations.AddIndex("Blob", models.Index(fields=["size"], name="blob_size")),
    ]
