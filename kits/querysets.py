"""What lists of kits need, in a constant number of queries."""

from typing import TYPE_CHECKING, Self

from django.db import models

from attachments.models import Attachment

if TYPE_CHECKING:
    from kits.models import Kit  # noqa: F401


class KitQuerySet(models.QuerySet["Kit"]):
    """Kits."""

    def for_list(self) -> Self:
        """With the cover, by name."""
        return self.select_related("attachment_set__cover_attachment").order_by("name", "id")

    def for_detail(self) -> Self:
        """With the cover, the contents, their parts and the parts' covers."""
        rows = self.model._meta.get_field("contents").related_model._default_manager
        contents = rows.select_related("part__attachment_set__cover_attachment").order_by("id")
        return self.for_list().prefetch_related(models.Prefetch("contents", contents))

    def matching(self, words: str, *, files: bool = False) -> Self:
        """Those in which every word stands in the name or the description; with `files`, or belongs to a file."""
        kits = self
        for word in dict.fromkeys(words.split()):
            found = models.Q(name__icontains=word) | models.Q(description__icontains=word)
            if files:
                named = Attachment.objects.order_by().with_file(word)
                found |= models.Q(attachment_set__in=named.values("attachment_set"))
            kits = kits.filter(found)
        return kits
