"""What people call a blob. Nothing changes in the database."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cas", "0003_index_blobs")]
    operations = [migrations.AlterModelOptions("Blob", options={"verbose_name": "stored file"})]
