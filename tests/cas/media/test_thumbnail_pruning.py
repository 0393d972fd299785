"""`cas_prune_thumbnails`: the oldest thumbnails go."""

import json
import os
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from cas.media.folders import thumbnail_folder

DAY = 24 * 3600


@pytest.fixture
def derived() -> Callable[..., Path]:
    """A file in the folder of thumbnails, so many days old."""

    def make(name: str, *, days: float, size: int = 1_000_000) -> Path:
        path = thumbnail_folder() / name
        path.write_bytes(bytes(size))
        made_at = time.time() - days * DAY
        os.utime(path, (made_at, made_at))
        return path

    return make


@pytest.fixture
def three(derived: Callable[..., Path]) -> list[Path]:
    return [derived("c.jpg", days=30), derived("a.jpg", days=20), derived("b.jpg", days=10)]


def prune(*options: str) -> dict[str, Any]:
    output = StringIO()
    call_command("cas_prune_thumbnails", *options, "--json", stdout=output)
    summary: dict[str, Any] = json.loads(output.getvalue())
    return summary


def left(paths: list[Path]) -> list[str]:
    return [path.name for path in paths if path.exists()]


class TestPrune:
    def test_by_age(self, three: list[Path]) -> None:
        assert prune("--older-than", "15d") == {"deleted": 2, "bytes": 2_000_000, "failed": 0}
        assert left(three) == ["b.jpg"]

    def test_by_total_size_the_oldest_first(self, three: list[Path]) -> None:
        assert prune("--max-megabytes", "2")["deleted"] == 1
        assert left(three) == ["a.jpg", "b.jpg"]
        assert prune("--max-megabytes", "0")["deleted"] == 2
        assert left(three) == []

    def test_by_both(self, three: list[Path]) -> None:
        assert prune("--older-than", "25d", "--max-megabytes", "1")["deleted"] == 2
        assert left(three) == ["b.jpg"]

    def test_what_fits_stays(self, three: list[Path]) -> None:
        assert prune("--older-than", "40d", "--max-megabytes", "3")["deleted"] == 0
        assert len(left(three)) == 3

    def test_notes_on_failures_go_too(self, derived: Callable[..., Path]) -> None:
        note = derived("a.1-5.0.failed", days=30)
        prune("--older-than", "15d")
        assert not note.exists()

    def test_locks_and_drafts_stay(self, derived: Callable[..., Path]) -> None:
        paths = [derived(".lock-1", days=30), derived(".draft-x", days=30)]
        assert prune("--older-than", "15d")["deleted"] == 0
        assert len(left(paths)) == 2

    def test_a_dry_run_changes_nothing(self, three: list[Path]) -> None:
        assert prune("--older-than", "15d", "--dry-run")["deleted"] == 2
        assert len(left(three)) == 3

    def test_an_empty_folder(self) -> None:
        assert not list((settings.DATA_DIR / "thumbnails").glob("[!.]*"))
        assert prune("--max-megabytes", "0")["deleted"] == 0


class TestOptions:
    def test_one_is_needed(self, three: list[Path]) -> None:
        with pytest.raises(CommandError, match="Say how much may stay"):
            prune()
        assert len(left(three)) == 3

    @pytest.mark.parametrize("age", ["30", "d", "1w", "-1d", "1.5h", "٣d"])
    def test_an_age_has_a_unit(self, age: str) -> None:
        with pytest.raises(CommandError, match="is no length of time like 30d"):
            prune(f"--older-than={age}")

    def test_a_size_is_not_negative(self) -> None:
        with pytest.raises(CommandError, match="must not be negative"):
            prune("--max-megabytes=-1")
