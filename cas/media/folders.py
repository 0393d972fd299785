"""The folder of what is derived from contents: thumbnails, notes on failures, locks."""

from pathlib import Path

from django.core.files.storage import FileSystemStorage, storages


def thumbnail_folder() -> Path:
    """Where they are; made if need be."""
    storage = storages["thumbnails"]
    if not isinstance(storage, FileSystemStorage):
        raise TypeError('STORAGES["thumbnails"] must be a folder: thumbnails appear by a rename.')
    folder = Path(storage.location)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
