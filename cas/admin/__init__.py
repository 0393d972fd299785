"""The content store in the admin: to look at, not to touch."""

from cas.admin.blob import BlobAdmin
from cas.admin.storage import StorageAdmin

__all__ = ["BlobAdmin", "StorageAdmin"]
