"""Kits and their contents."""

from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models

from attachments.models import AttachmentOwner
from core.validators import several_lines, single_line
from kits.querysets import KitQuerySet
from parts.models import Part


class Kit(AttachmentOwner):
    """A thing to build from parts."""

    class Status(models.TextChoices):
        ACTIVE = "active", "active"
        ARCHIVED = "archived", "archived"

    name = models.CharField(
        max_length=255,
        unique=True,
        validators=[single_line],
        error_messages={"unique": "A kit with this name already exists."},
    )
    description = models.TextField(max_length=10_000, null=True, blank=True, validators=[several_lines])
    build_target = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = KitQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(status="active", archived_at__isnull=True)
                | models.Q(status="archived", archived_at__isnull=False),
                name="kit_archived_has_a_date",
                violation_error_message="An archived kit has the date of archiving, an active one has none.",
            ),
            models.CheckConstraint(condition=models.Q(build_target__gte=0), name="kit_build_target_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_archived(self) -> bool:
        """Whether the kit is closed to changes."""
        return self.status == self.Status.ARCHIVED


class KitContent(models.Model):
    """How many of a part one kit takes. `version` counts the changes, so that a stale edit is noticed."""

    kit = models.ForeignKey(Kit, on_delete=models.CASCADE, related_name="contents")
    part = models.ForeignKey(Part, on_delete=models.PROTECT, related_name="kit_contents")
    required_per_unit = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    note = models.TextField(max_length=2000, null=True, blank=True, validators=[several_lines])
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kit", "part"],
                name="kit_content_once_per_part",
                violation_error_message="This part is in the kit already.",
            ),
            models.CheckConstraint(condition=models.Q(required_per_unit__gte=1), name="kit_content_at_least_one"),
        ]

    def __str__(self) -> str:
        return f"kit {self.kit}"
