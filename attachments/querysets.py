"""Reusable filters and locks. Lists of attachments are ordered by `position, id`."""

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from attachments.models import Attachment, AttachmentSet, RemovedAttachment  # noqa: F401


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """Attachments, in the order in which people see them."""

    def in_order(self) -> Self:
        """Ordered by position, then by age."""
        return self.order_by("position", "id")

    def of_outer_owner(self) -> Self:
        """Those of the owner that the query around this one is about."""
        return self.filter(attachment_set=models.OuterRef("attachment_set"))

    def images(self) -> Self:
        """Those that may become the cover by themselves."""
        return self.filter(attachment_type="image")

    def oldest_image(self) -> "Attachment | None":
        """The one that becomes the cover when the cover goes; None without an image."""
        return self.images().order_by("created_at", "id").first()


class AttachmentSetQuerySet(models.QuerySet["AttachmentSet"]):
    """Attachment sets."""

    def locked(self) -> Self:
        """With the row lock that every change inside a set takes before it touches the attachments."""
        return self.select_for_update(of=("self",))


class RemovedAttachmentQuerySet(models.QuerySet["RemovedAttachment"]):
    """What can be restored."""

    def latest_first(self) -> Self:
        """In the order of removal, each with `was_replaced`: whether its attachment is there, with another file."""
        there = self.model._meta.apps.get_model("attachments.Attachment")._base_manager
        return self.annotate(was_replaced=models.Exists(there.filter(pk=models.OuterRef("attachment_id")))).order_by(
            "-id"
        )
