"""Room for every kit's set, empty for now.

After the last migration of `parts`: attachments of kits must not take the ids that those of parts keep, and the
way back has to refuse because of kits before it touches parts.
"""

from django.db import migrations, models
from django.db.models.deletion import PROTECT


class Migration(migrations.Migration):
    dependencies = [
        ("attachments", "0001_initial"),
        ("parts", "0007_drop_legacy_attachments"),
        ("kits", "0001_initial"),
    ]
    operations = [
        migrations.AddField(
            model_name="kit",
            name="attachment_set",
            field=models.OneToOneField("attachments.attachmentset", editable=False, null=True, on_delete=PROTECT),
        ),
    ]
