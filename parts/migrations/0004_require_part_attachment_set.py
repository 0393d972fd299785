"""A part without a set cannot be stored any more."""

from django.db import migrations, models
from django.db.models.deletion import PROTECT


class Migration(migrations.Migration):
    dependencies = [("parts", "0003_give_every_part_a_set")]
    operations = [
        migrations.AlterField(
            model_name="part",
            name="attachment_set",
            field=models.OneToOneField("attachments.attachmentset", editable=False, on_delete=PROTECT),
        ),
    ]
