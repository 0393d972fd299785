"""The legacy store: old objects, and what may happen to it."""

import os
import signal
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connections

from attachments.legacy import FolderLegacyStorage
from attachments.models import Attachment
from cas.storage.s3_clients import S3Clients
from tests.backends import free_port
from tests.factories import AttachmentFactory
from tests.plugins.database import forget_connections
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


def dies_in(work: Callable[[], object], owner: Any, name: str, *, before: bool = False) -> None:
    """Do the work in a process of its own, which is killed when it calls a method for the first time.

    The kill comes after the call, unless it is to come before.
    """
    connections.close_all()
    with warnings.catch_warnings():
        # Python 3.12 warns of forks beside threads; this one only goes to its death.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        try:
            forget_connections()
            _arm(owner, name, before=before)
            work()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "it did not come to this step"
    assert os.WTERMSIG(status) == signal.SIGKILL


def _arm(owner: Any, name: str, *, before: bool) -> None:
    original = getattr(owner, name)

    def last_call(*args: Any, **kwargs: Any) -> None:
        if not before:
            original(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, last_call)
