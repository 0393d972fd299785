"""Room for every part's set, empty for now."""

from django.db import migrations, models
from django.db.models.deletion import PROTECT


class Migration(migrations.Migration):
    dependencies = [("attachments", "0001_initial"), ("parts", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="part",
            name="attachment_set",
            field=models.OneToOneField("attachments.attachmentset", editable=False, null=True, on_delete=PROTECT),
        ),
    ]
