"""Where the bytes are: a folder or an S3 bucket, behind one interface."""

from typing import cast

from django.core.files.storage import storages

from cas.storage.base import BINDING, PREFIX, CASStorage, StoredObject, is_digest
from cas.storage.filesystem import FileSystemCASStorage
from cas.storage.s3 import S3CASStorage

__all__ = [
    "BINDING",
    "PREFIX",
    "CASStorage",
    "FileSystemCASStorage",
    "S3CASStorage",
    "StoredObject",
    "cas_storage",
    "is_digest",
]


def cas_storage() -> CASStorage:
    """The configured store, `STORAGES["cas"]`."""
    return cast("CASStorage", storages["cas"])
