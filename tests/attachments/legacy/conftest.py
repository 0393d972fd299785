"""The command, as tests run it, and what is in the rows afterwards."""

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from attachments.models import Attachment
from cas.storage import CASStorage, cas_storage
from tests.plugins import commands
from tests.plugins.files import picture

# What was counted; what the summary does not name is 0.
Run = Callable[..., Counter[str]]


class MigrateToCas:
    """The command with some options. Keeps the exit code of its last run, and what that told people."""

    def __init__(self) -> None:
        self.code = 0
        self.told = ""

    def __call__(self, *options: str) -> Counter[str]:
        done = commands.Run("migrate_to_cas", "--yes-i-am-sure", "--workers", "1", *options)
        self.code, self.told = done.code, done.errors
        return Counter(done.summary)


@pytest.fixture
def run() -> MigrateToCas:
    """Migrate with one worker, and return the summary."""
    return MigrateToCas()


@pytest.fixture
def clean(run: MigrateToCas) -> Run:
    """Clean up, and return the summary."""
    return partial(run, "--delete-old-objects")


@pytest.fixture
def back(run: MigrateToCas) -> Run:
    """Revert, and return the summary."""
    return partial(run, "--revert")


def content_of(attachment: Attachment, store: CASStorage | None = None) -> bytes:
    """The bytes of a migrated attachment, from the content store."""
    attachment.refresh_from_db()
    assert attachment.blob_id is not None
    with (store or cas_storage()).open_range(attachment.blob_id) as file:
        return file.read()


def drawn(number: int) -> bytes:
    """A picture like no other."""
    return picture(f"#{number:06x}", size=(8, 8), form="PNG")
