"""What the commands said when they ran last."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("cas", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="CommandReport",
            fields=[
                ("command", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("started_at", models.DateTimeField(db_default=Now())),
                ("finished_at", models.DateTimeField(null=True)),
                ("summary", models.JSONField(default=dict)),
                ("findings", models.JSONField(default=list)),
            ],
            options={"verbose_name": "storage report", "verbose_name_plural": "storage"},
        ),
    ]
