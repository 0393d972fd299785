"""The way back refuses while there is anything to lose: older schemas have no place for boxes and stock."""

from typing import Any

from django.db import migrations
from django.db.migrations.exceptions import IrreversibleError


def refuse(apps: Any, schema_editor: Any) -> None:
    for name, what in (("Movement", "movements of stock"), ("Box", "boxes"), ("Minimum", "minimum quantities")):
        count = apps.get_model("stock", name).objects.count()
        if count:
            raise IrreversibleError(f"Going back would lose {count} {what}; restore a backup from before instead.")


class Migration(migrations.Migration):
    dependencies = [("stock", "0001_initial")]
    operations = [migrations.RunPython(migrations.RunPython.noop, refuse, elidable=False)]
