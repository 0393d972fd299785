"""What lists of parts and types need, in a constant number of queries."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models

from attachments.models import Attachment
from core.counts import count_of

if TYPE_CHECKING:
    from parts.models import Part, PartType, Tag  # noqa: F401


class PartQuerySet(models.QuerySet["Part"]):
    """Parts."""

    def with_attachment_count(self) -> Self:
        """Annotated with `attachment_count`."""
        count = count_of(Attachment.objects.all(), "attachment_set", ref="attachment_set")
        return self.annotate(attachment_count=count)

    def for_admin(self) -> Self:
        """With type, tags and cover."""
        return self.select_related("type", "attachment_set__cover_attachment").prefetch_related(
            models.Prefetch("tags", self.model.tags.field.related_model.objects.order_by("name"))  # type: ignore[attr-defined]
        )


class PartTypeQuerySet(models.QuerySet["PartType"]):
    """Part types."""

    def with_part_count(self) -> Self:
        """Annotated with `part_count`."""
        parts: Any = self.model.parts
        return self.annotate(part_count=count_of(parts.rel.related_model.objects.all(), "type"))


class TagQuerySet(models.QuerySet["Tag"]):
    """Tags."""

    def with_part_count(self) -> Self:
        """Annotated with `part_count`."""
        parts: Any = self.model.parts
        return self.annotate(part_count=count_of(parts.through.objects.all(), "tag"))
