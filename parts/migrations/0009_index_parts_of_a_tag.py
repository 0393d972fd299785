"""The parts of a tag, in order and counted, from the index alone."""

from django.db import migrations, models
from django.db.migrations.state import ProjectState

from cas.migration_operations import AddIndexWhileInUse


class AddIndexOfTags(AddIndexWhileInUse):
    """Django makes the table of tags by itself, and knows no indexes of it but its own."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing."""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("parts", "0008_guess_kinds_of_attachments")]
    operations = [AddIndexOfTags("part_tags", models.Index(fields=["tag", "part"], name="part_tags_by_tag"))]
