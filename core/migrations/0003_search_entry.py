from typing import Any

from django.db import migrations, models

import core.search.models
from core.search import tables


def ensure_index(apps: Any, schema_editor: Any) -> None:
    tables.ensure_index(schema_editor.connection)


def drop_index(apps: Any, schema_editor: Any) -> None:
    tables.drop_index(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("core", "0002_saved_form")]

    operations = [
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("object_id", models.BigIntegerField()),
                ("source", models.CharField(blank=True, max_length=40)),
                ("tokens", core.search.models.TokensField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("source", ""), _negated=True), fields=["source"], name="search_entry_source"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "object_id", "source"), name="search_entry_once")
                ],
            },
        ),
        migrations.RunPython(ensure_index, drop_index),
    ]
