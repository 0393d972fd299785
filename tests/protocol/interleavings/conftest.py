"""The stage of the interleavings."""

from collections.abc import Iterator

import pytest

from tests.protocol.stage import Stage


@pytest.fixture
def stage(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """For actors on connections of their own."""
    stage = Stage(monkeypatch)
    yield stage
    stage.clear()
