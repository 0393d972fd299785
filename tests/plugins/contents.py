"""Contents in the store, without any row: all that a content address needs."""

from collections.abc import Callable

import pytest

from cas.storage import CASStorage
from cas.storage.staging import stage_chunks


@pytest.fixture
def keep(store: CASStorage) -> Callable[[bytes], str]:
    """Store the bytes and return their digest."""

    def make(data: bytes) -> str:
        staged = stage_chunks(store.staging_dir, [data])
        store.publish(staged)
        staged.close()
        return staged.digest

    return make
