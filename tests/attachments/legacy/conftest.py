"""Runs without a command around them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from attachments.legacy.cleanup import clean_up
from attachments.legacy.copying import migrate
from attachments.legacy.progress import Item, Progress
from attachments.legacy.revert import revert
from attachments.legacy.workers import WorkerPool
from attachments.models import Attachment
from cas.storage import CASStorage, cas_storage
from tests.plugins.files import picture

Run = Callable[..., dict[str, int]]


class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def progress(self, items: Iterable[Item], total: int, what: str) -> Iterator[Item]:
        return iter(items)

    def complain(self, message: str) -> None:
        self.complaints.append(message)


@pytest.fixture
def listener() -> Listener:
    """Hears of the failures of the runs."""
    return Listener()


def _runner(listener: Listener, work: Callable[..., None]) -> Run:
    def run(workers: int = 1, **options: Any) -> dict[str, int]:
        progress = Progress(listener)
        work(progress, WorkerPool(workers), **options)
        return progress.summary()

    return run


@pytest.fixture
def run(listener: Listener) -> Run:
    """Migrate, and return the summary."""
    return _runner(listener, migrate)


@pytest.fixture
def clean(listener: Listener) -> Run:
    """Clean up, and return the summary."""
    return _runner(listener, clean_up)


@pytest.fixture
def back(listener: Listener) -> Run:
    """Revert, and return the summary."""
    return _runner(listener, revert)


def content_of(attachment: Attachment, store: CASStorage | None = None) -> bytes:
    """The bytes of a migrated attachment, from the content store."""
    attachment.refresh_from_db()
    assert attachment.blob_id is not None
    with (store or cas_storage()).open_range(attachment.blob_id) as file:
        return file.read()


def drawn(number: int) -> bytes:
    """A picture like no other."""
    return picture(f"#{number:06x}", size=(8, 8), form="PNG")
