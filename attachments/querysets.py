"""Reusable filters and locks. Lists of attachments are ordered by `position, id`."""

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from attachments.models import Attachment, AttachmentSet  # noqa: F401


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """Attachments, in the order in which people see them."""

    def in_order(self) -> Self:
        """By position, then age."""
        return self.order_by("position", "id")

    def images(self) -> Self:
        """Those that may become the cover by themselves."""
        return self.filter(attachment_type="image")


class AttachmentSetQuerySet(models.QuerySet["AttachmentSet"]):
    """Sets."""

    def locked(self) -> Self:
        """With the row lock that every change inside a set takes before it touches the attachments."""
        return self.select_for_update(of=("self",))
