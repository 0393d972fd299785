"""What lists of kits need, in a constant number of queries."""

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from kits.models import Kit  # noqa: F401


class KitQuerySet(models.QuerySet["Kit"]):
    """Kits."""

    def for_list(self) -> Self:
        """With the cover, by name."""
        return self.select_related("attachment_set__cover_attachment").order_by("name", "id")

    def for_detail(self) -> Self:
        """With the cover, the contents, their parts and the parts' covers."""
        from kits.models import KitContent

        contents = KitContent.objects.select_related("part__attachment_set__cover_attachment").order_by("id")
        return self.for_list().prefetch_related(models.Prefetch("contents", contents))

    def matching(self, words: str) -> Self:
        """Those in which every word stands in the name or the description."""
        kits = self
        for word in words.split():
            kits = kits.filter(models.Q(name__icontains=word) | models.Q(description__icontains=word))
        return kits
