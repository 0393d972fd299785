"""What the store holds, and the tombstones of what is being deleted from it."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Purge",
            fields=[
                ("digest", models.CharField("SHA-256", max_length=64, primary_key=True, serialize=False)),
                ("token", models.UUIDField()),
                ("started_at", models.DateTimeField(db_default=Now())),
            ],
        ),
        migrations.CreateModel(
            name="Blob",
            fields=[
                ("digest", models.CharField("SHA-256", max_length=64, primary_key=True, serialize=False)),
                ("size", models.BigIntegerField("size in bytes")),
                ("created_at", models.DateTimeField(db_default=Now(), editable=False)),
                ("condemned_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("verified_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("corrupt_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("condemned_at"),
                        condition=models.Q(condemned_at__isnull=False),
                        name="blob_condemned_at",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(size__gte=0), name="blob_size_not_negative"),
                    models.CheckConstraint(
                        condition=models.Q(digest__regex="^[0-9a-f]{64}$"),
                        name="blob_digest_is_lower_case_hex",
                    ),
                ],
            },
        ),
    ]
