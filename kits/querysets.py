"""What lists of kits need, in a constant number of queries."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models

from core.counts import count_of

if TYPE_CHECKING:
    from kits.models import Kit  # noqa: F401


class KitQuerySet(models.QuerySet["Kit"]):
    """Kits."""

    def for_list(self) -> Self:
        """With the cover, by name."""
        return self.select_related("attachment_set__cover_attachment").order_by("name", "id")

    def with_content_count(self) -> Self:
        """Annotated with `content_count`, the number of its parts."""
        contents: Any = self.model._meta.get_field("contents").related_model
        return self.annotate(content_count=count_of(contents._default_manager.all(), "kit"))

    def for_detail(self) -> Self:
        """With the cover, the contents, their parts and the parts' covers."""
        rows = self.model._meta.get_field("contents").related_model._default_manager
        contents = rows.select_related("part__attachment_set__cover_attachment").order_by("id")
        return self.for_list().prefetch_related(models.Prefetch("contents", contents))
