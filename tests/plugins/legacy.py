"""The legacy store: old objects, and what may happen to it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages

from attachments.legacy.storage import FolderLegacyStorage
from attachments.models import Attachment
from cas.storage.s3_clients import S3Clients
from tests.backends import free_port
from tests.factories import AttachmentFactory
from tests.plugins.faults import Faults
from tests.plugins.files import picture

OldRow = Callable[..., Attachment]


@pytest.fixture
def old_row(legacy_folder: Path) -> OldRow:
    """A row of the old system, with its object; None leaves the object out."""

    def make(data: bytes | None = picture(), **columns: Any) -> Attachment:
        attachment: Attachment = AttachmentFactory.create(legacy=True, **columns)
        legacy_folder.mkdir(exist_ok=True)
        if data is not None:
            path = legacy_folder / attachment.legacy_key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return attachment

    return make


@pytest.fixture
def legacy_faults(monkeypatch: pytest.MonkeyPatch) -> Faults:
    """Faults of the legacy store."""
    return Faults(storages["legacy"], monkeypatch, ("stat", "open_object", "remove"))


@pytest.fixture
def dead_legacy_store(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Takes the legacy store away: the folder is not mounted, nobody listens on the server's port."""

    def kill() -> None:
        storage: Any = storages["legacy"]
        if isinstance(storage, FolderLegacyStorage):
            monkeypatch.setattr(storage, "location", "/proc/self/nowhere")
        else:
            options = storage._client._options | {"endpoint_url": f"http://127.0.0.1:{free_port()}"}
            monkeypatch.setattr(storage, "_client", S3Clients(options))

    return kill
