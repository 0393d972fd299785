"""The tables only. What the parts of the legacy schema had is moved here by the migrations of `parts`."""

from django.core.validators import URLValidator
from django.db import migrations, models
from django.db.models import Q
from django.db.models.deletion import CASCADE, PROTECT, SET_NULL

from attachments.validators import single_line


class Migration(migrations.Migration):
    initial = True
    dependencies = [("cas", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="AttachmentSet",
            fields=[
                ("id", models.BigAutoField("ID", auto_created=True, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("id", models.BigAutoField("ID", auto_created=True, primary_key=True, serialize=False)),
                (
                    "attachment_set",
                    models.ForeignKey("attachments.attachmentset", on_delete=CASCADE, related_name="attachments"),
                ),
                (
                    "attachment_type",
                    models.CharField(
                        "type", choices=[("image", "image"), ("pdf", "PDF"), ("url", "link")], max_length=5
                    ),
                ),
                ("title", models.CharField(max_length=255, validators=[single_line])),
                (
                    "url",
                    models.CharField(
                        "address",
                        blank=True,
                        max_length=2000,
                        validators=[single_line, URLValidator(schemes=["http", "https"])],
                    ),
                ),
                (
                    "filename",
                    models.CharField("file name", blank=True, max_length=255, validators=[single_line]),
                ),
                ("content_type", models.CharField(blank=True, max_length=100)),
                ("file_size", models.BigIntegerField("size in bytes", blank=True, null=True)),
                (
                    "blob",
                    models.ForeignKey("cas.blob", blank=True, null=True, on_delete=PROTECT, related_name="attachments"),
                ),
                ("legacy_key", models.CharField(blank=True, max_length=500)),
                ("position", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "indexes": [models.Index(fields=["attachment_set", "position", "id"], name="attachment_set_order")],
                "constraints": [
                    models.CheckConstraint(
                        condition=~Q(attachment_type="url") | ~Q(url=""),
                        name="attachment_link_has_an_address",
                        violation_error_message="A link needs an address.",
                    ),
                    models.CheckConstraint(
                        condition=Q(attachment_type="url") | Q(blob__isnull=False) | ~Q(legacy_key=""),
                        name="attachment_file_has_content",
                        violation_error_message="An image or a PDF needs its content.",
                    ),
                    models.CheckConstraint(condition=Q(file_size__gte=0), name="attachment_file_size_not_negative"),
                    models.CheckConstraint(
                        condition=Q(attachment_type__in=["image", "pdf", "url"]),
                        name="attachment_type_is_known",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="attachmentset",
            name="cover_attachment",
            field=models.ForeignKey(
                "attachments.attachment", blank=True, null=True, on_delete=SET_NULL, related_name="+"
            ),
        ),
    ]
