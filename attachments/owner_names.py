"""Owners of attachments, for people: what each is, its name, and its page in the admin."""

from dataclasses import dataclass

from attachments.models import AttachmentOwner
from core.admin.urls import admin_url


@dataclass(frozen=True)
class OwnerName:
    """An owner. `admin_url` is None when the admin does not show its kind."""

    attachment_set_id: int
    kind: str
    name: str
    admin_url: str | None


def name_of(owner: AttachmentOwner) -> OwnerName:
    """The owner as people know it."""
    kind = str(owner._meta.verbose_name)
    return OwnerName(owner.attachment_set_id, kind, str(owner), admin_url(owner))
