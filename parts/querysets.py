"""What lists of parts and types need, in a constant number of queries."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models.functions import Coalesce

from attachments.models import Attachment

if TYPE_CHECKING:
    from parts.models import Part, PartType  # noqa: F401


class PartQuerySet(models.QuerySet["Part"]):
    """Parts."""

    def with_attachment_count(self) -> Self:
        """Annotated with `attachment_count`."""
        count = (
            Attachment.objects.order_by()
            .filter(attachment_set=models.OuterRef("attachment_set"))
            .values("attachment_set")
            .annotate(n=models.Count("pk"))
            .values("n")
        )
        return self.annotate(attachment_count=Coalesce(models.Subquery(count), 0))

    def for_list(self) -> Self:
        """With type, tags, cover and `attachment_count`."""
        tags = models.Prefetch("tags", self.model.tags.field.related_model.objects.order_by("name"))  # type: ignore[attr-defined]
        parts = self.with_attachment_count().select_related("type", "attachment_set__cover_attachment")
        return parts.prefetch_related(tags)

    def matching(self, words: str) -> Self:
        """Those in which every word stands in the key, the description or one of the naming columns."""
        parts = self
        for word in words.split():
            parts = parts.filter(
                models.Q(key__iexact=word)
                | models.Q(description__icontains=word)
                | models.Q(manufacturer_code__icontains=word)
                | models.Q(manufacturer__icontains=word)
                | models.Q(type__name__icontains=word)
                | models.Exists(
                    self.model.tags.through.objects.filter(part=models.OuterRef("pk"), tag__name__icontains=word)
                )
            )
        return parts


class PartTypeQuerySet(models.QuerySet["PartType"]):
    """Part types."""

    def with_part_count(self) -> Self:
        """Annotated with `part_count`."""
        return self.annotate(part_count=models.Count("parts"))
