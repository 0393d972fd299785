"""The legacy schema: kits have no attachments."""

from django.core.validators import MinValueValidator
from django.db import migrations, models
from django.db.models import Q
from django.db.models.deletion import CASCADE, PROTECT

from attachments.validators import several_lines, single_line


class Migration(migrations.Migration):
    initial = True
    dependencies = [("parts", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Kit",
            fields=[
                ("id", models.BigAutoField("ID", auto_created=True, primary_key=True, serialize=False)),
                (
                    "name",
                    models.CharField(
                        error_messages={"unique": "A kit with this name already exists."},
                        max_length=255,
                        unique=True,
                        validators=[single_line],
                    ),
                ),
                (
                    "description",
                    models.TextField(blank=True, max_length=10_000, null=True, validators=[several_lines]),
                ),
                ("build_target", models.PositiveIntegerField(default=0)),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "active"), ("archived", "archived")],
                        default="active",
                        editable=False,
                        max_length=8,
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(status="active", archived_at__isnull=True)
                        | Q(status="archived", archived_at__isnull=False),
                        name="kit_archived_has_a_date",
                        violation_error_message=("An archived kit has the date of archiving, an active one has none."),
                    ),
                    models.CheckConstraint(condition=Q(build_target__gte=0), name="kit_build_target_not_negative"),
                ]
            },
        ),
        migrations.CreateModel(
            name="KitContent",
            fields=[
                ("id", models.BigAutoField("ID", auto_created=True, primary_key=True, serialize=False)),
                ("kit", models.ForeignKey("kits.kit", on_delete=CASCADE, related_name="contents")),
                ("part", models.ForeignKey("parts.part", on_delete=PROTECT, related_name="kit_contents")),
                (
                    "required_per_unit",
                    models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)]),
                ),
                (
                    "note",
                    models.TextField(blank=True, max_length=2000, null=True, validators=[several_lines]),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kit", "part"),
                        name="kit_content_once_per_part",
                        violation_error_message="This part is in the kit already.",
                    ),
                    models.CheckConstraint(condition=Q(required_per_unit__gte=1), name="kit_content_at_least_one"),
                ]
            },
        ),
    ]
