"""The legacy schema: every part has its attachments in a table of its own, and one of them as its cover.

It does not depend on `attachments`: `migrate parts 0001` goes back to the time before there were sets.
"""

from django.core.validators import RegexValidator, URLValidator
from django.db import migrations, models
from django.db.models.deletion import CASCADE, PROTECT, SET_NULL

from attachments.validators import several_lines, single_line


def _text(label: str, length: int = 100) -> "models.CharField[str | None, str | None]":
    return models.CharField(label, blank=True, max_length=length, null=True, validators=[single_line])


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="PartType",
            fields=[
                ("id", models.BigAutoField("ID", auto_created=True, primary_key=True, serialize=False)),
                (
                    "name",
                    models.CharField(
                        error_messages={"unique": "A type with this name already exists."},
                        max_length=100,
                        unique=True,
                        validators=[single_line],
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField("ID", auto_created=True, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=50, unique=True, validators=[single_line])),
            ],
        ),
        migrations.CreateModel(
            name="Part",
            fields=[
                ("id", models.BigAutoField("ID", auto_created=True, primary_key=True, serialize=False)),
                (
                    "key",
                    models.CharField(
                        editable=False,
                        max_length=4,
                        unique=True,
                        validators=[RegexValidator(r"^[A-Z]{4}\Z", "A key is four upper-case letters.")],
                    ),
                ),
                ("manufacturer_code", _text("manufacturer code", 255)),
                (
                    "type",
                    models.ForeignKey("parts.parttype", blank=True, null=True, on_delete=PROTECT, related_name="parts"),
                ),
                ("description", models.TextField(max_length=10_000, validators=[several_lines])),
                ("tags", models.ManyToManyField("parts.tag", blank=True, related_name="parts")),
                ("manufacturer", _text("manufacturer", 255)),
                (
                    "product_page",
                    models.CharField(
                        blank=True,
                        max_length=2000,
                        null=True,
                        validators=[single_line, URLValidator(schemes=["http", "https"])],
                    ),
                ),
                ("package", _text("package")),
                ("pin_count", models.PositiveIntegerField(blank=True, null=True)),
                ("pin_pitch", _text("pin pitch")),
                ("voltage_rating", _text("voltage rating")),
                ("input_voltage", _text("input voltage")),
                ("output_voltage", _text("output voltage")),
                ("mounting_type", _text("mounting type")),
                ("series", _text("series")),
                ("dimensions", _text("dimensions")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(pin_count__gt=0),
                        name="part_pin_count_positive",
                        violation_error_message="A part has at least one pin, or leave the count empty.",
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="PartAttachment",
            fields=[
                ("id", models.BigAutoField("ID", auto_created=True, primary_key=True, serialize=False)),
                (
                    "part",
                    models.ForeignKey("parts.part", on_delete=CASCADE, related_name="attachments"),
                ),
                (
                    "attachment_type",
                    models.CharField(
                        "type", choices=[("image", "image"), ("pdf", "PDF"), ("url", "link")], max_length=5
                    ),
                ),
                ("title", models.CharField(max_length=255)),
                ("s3_key", models.CharField(blank=True, max_length=500, null=True)),
                ("url", models.CharField(blank=True, max_length=2000, null=True)),
                ("filename", models.CharField(blank=True, max_length=255, null=True)),
                ("content_type", models.CharField(blank=True, max_length=100, null=True)),
                ("file_size", models.BigIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.AddField(
            model_name="part",
            name="cover_attachment",
            # Legacy covers may point to nothing. With a database constraint SQLite would refuse every later
            # migration of any app because of one such row, before ours can put it right.
            field=models.ForeignKey(
                "parts.partattachment",
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=SET_NULL,
                related_name="+",
            ),
        ),
    ]
