"""What lists of parts and types need, in a constant number of queries."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models.functions import Coalesce

from attachments.models import Attachment
from parts import keys

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

    def for_admin(self) -> Self:
        """With type, tags and cover."""
        return self.select_related("type", "attachment_set__cover_attachment").prefetch_related(
            models.Prefetch("tags", self.model.tags.field.related_model.objects.order_by("name"))  # type: ignore[attr-defined]
        )

    def matching(self, words: str, *, files: bool = False) -> Self:
        """Those in which every word stands in the key, the description or one of the naming columns.

        With `files`, in a file's name as well, and a word may be the beginning of a file's SHA-256.
        """
        parts = self
        for word in dict.fromkeys(words.split()):
            parts = parts.filter(pk__in=self._holding(word, files=files))
        return parts

    def key_first(self, words: str) -> Self:
        """In the same order, but the part whose key this is comes first."""
        key = words.strip().upper()
        if not keys.is_key(key) or not self.model._default_manager.filter(key=key).exists():
            return self
        first = models.Case(models.When(key=key, then=0), default=1, output_field=models.IntegerField())
        return self.order_by(first, *self.query.order_by)

    def _holding(self, word: str, *, files: bool) -> models.QuerySet[Any, Any]:
        # A union, not one long OR: each arm can use what indexes there are, the small tables are looked up once.
        every = self.model._default_manager.order_by()
        through: Any = self.model.tags.through.objects
        arms = [
            every.filter(models.Q(description__icontains=word) | models.Q(manufacturer_code__icontains=word)),
            every.filter(models.Q(key=word.upper()) | models.Q(manufacturer__icontains=word)),
            every.filter(type__name__icontains=word),
        ]
        if files:
            named = Attachment.objects.order_by().with_file(word)
            arms.append(every.filter(attachment_set__in=named.values("attachment_set")))
        tagged = through.filter(tag__name__icontains=word).values("part_id")
        union: models.QuerySet[Any, Any] = tagged.union(*(arm.values("pk") for arm in arms))
        return union


class PartTypeQuerySet(models.QuerySet["PartType"]):
    """Part types."""

    def with_part_count(self) -> Self:
        """Annotated with `part_count`."""
        return self.annotate(part_count=models.Count("parts"))
