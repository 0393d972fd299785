"""The admin of attachments: the panel on every owner's page, and all attachments in one list."""

from attachments.admin.attachment import AttachmentAdmin
from attachments.admin.owner import AttachmentOwnerAdmin

__all__ = ["AttachmentAdmin", "AttachmentOwnerAdmin"]
