"""Thumbnails: made once, whole or not at all, in a few sizes."""

import errno
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
from django.conf import settings
from PIL import Image
from prometheus_client import REGISTRY
from pytest_django import Settings

from cas.errors import BlobNotFoundError, CannotShowError, StorageUnavailableError
from cas.media.images import RECIPE
from cas.media.thumbnails import THUMBNAIL_SIZES, thumbnail, thumbnail_size
from cas.signing import thumbnail_url
from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.faults import Faults
from tests.plugins.files import picture, sha256

Keep = Callable[[bytes], str]

PICTURE = picture(size=(1200, 600))


def kept() -> list[str]:
    """The thumbnails that exist; what begins with a dot is none."""
    folder = settings.DATA_DIR / "thumbnails"
    return sorted(path.name for path in folder.glob("[!.]*")) if folder.exists() else []


def drafts() -> list[Path]:
    return list((settings.DATA_DIR / "thumbnails").glob(".draft-*"))


def never() -> BinaryIO:
    raise AssertionError("the original was opened")


class TestLadder:
    def test_every_size_goes_up_to_the_next_step(self) -> None:
        assert {thumbnail_size(size) for size in range(1, 1001)} == set(THUMBNAIL_SIZES)
        assert all(size <= thumbnail_size(size) for size in range(1, 1001))
        assert [thumbnail_size(step) for step in THUMBNAIL_SIZES] == list(THUMBNAIL_SIZES)

    def test_has_the_sizes_of_the_frontend(self) -> None:
        assert {150, 300, 500} <= set(THUMBNAIL_SIZES)


class TestThumbnail:
    def test_is_made_on_first_use_and_kept(self) -> None:
        with thumbnail("name", 300, lambda: BytesIO(PICTURE)) as made:
            assert Image.open(made).size == (300, 150)
        assert kept() == [f"name_300.{RECIPE}.jpg"]
        with thumbnail("name", 300, never) as again:
            assert Image.open(again).size == (300, 150)

    def test_may_be_deleted_at_any_time(self) -> None:
        thumbnail("name", 300, lambda: BytesIO(PICTURE)).close()
        (settings.DATA_DIR / "thumbnails" / f"name_300.{RECIPE}.jpg").unlink()
        with thumbnail("name", 300, lambda: BytesIO(PICTURE)) as made:
            assert Image.open(made).size == (300, 150)

    def test_every_size_is_another(self) -> None:
        for size in THUMBNAIL_SIZES:
            thumbnail("name", size, lambda: BytesIO(PICTURE)).close()
        assert kept() == sorted(f"name_{size}.{RECIPE}.jpg" for size in THUMBNAIL_SIZES)

    def test_hits_and_misses_are_counted(self) -> None:
        def count(result: str) -> float:
            return REGISTRY.get_sample_value("cas_thumbnail_cache_total", {"result": result}) or 0

        hits, misses = count("hit"), count("miss")
        for _ in range(3):
            thumbnail("name", 150, lambda: BytesIO(PICTURE)).close()
        assert (count("hit") - hits, count("miss") - misses) == (2, 1)

    def test_is_made_once_for_many_who_ask_at_the_same_moment(self) -> None:
        opened: list[int] = []
        many = 100
        start = threading.Barrier(many, timeout=PATIENCE_SECONDS)

        def original() -> BinaryIO:
            opened.append(1)
            return BytesIO(PICTURE)

        def ask() -> bytes:
            start.wait()
            with thumbnail("name", 500, original) as file:
                return file.read()

        with ThreadPoolExecutor(many) as pool:
            answers = [future.result(PATIENCE_SECONDS) for future in [pool.submit(ask) for _ in range(many)]]
        assert len(set(answers)) == 1
        assert Image.open(BytesIO(answers[0])).size == (500, 250)
        assert opened == [1]

    def test_is_made_anew_by_another_recipe(self, monkeypatch: pytest.MonkeyPatch) -> None:
        thumbnail("name", 300, lambda: BytesIO(PICTURE)).close()
        monkeypatch.setattr("cas.media.thumbnails.RECIPE", RECIPE + 1)
        with thumbnail("name", 300, lambda: BytesIO(picture(size=(100, 100)))) as made:
            assert Image.open(made).size == (100, 100)
        assert kept() == [f"name_300.{RECIPE}.jpg", f"name_300.{RECIPE + 1}.jpg"]

    def test_needs_a_folder(self, settings: Settings) -> None:
        settings.STORAGES = {
            **settings.STORAGES,
            "thumbnails": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
        }
        with pytest.raises(TypeError, match="folder"):
            thumbnail("name", 150, never)


class TestFailure:
    """No half-made thumbnail is ever kept."""

    @pytest.mark.parametrize("data", [b"", b"text", PICTURE[: len(PICTURE) // 2]])
    def test_bytes_that_are_no_picture(self, data: bytes) -> None:
        with pytest.raises(CannotShowError):
            thumbnail("name", 150, lambda: BytesIO(data))
        assert kept() == []
        assert drafts() == []

    @pytest.mark.parametrize("error", [BlobNotFoundError(), StorageUnavailableError()])
    def test_an_original_that_cannot_be_opened(self, error: Exception) -> None:
        def original() -> BinaryIO:
            raise error

        with pytest.raises(type(error)):
            thumbnail("name", 150, original)
        assert kept() == []
        with thumbnail("name", 150, lambda: BytesIO(PICTURE)) as made:
            assert made.read(2) == b"\xff\xd8"

    def test_an_original_that_breaks_off(self) -> None:
        class Broken(BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                if self.tell() > 1000:
                    raise StorageUnavailableError
                return super().read(1001)

        with pytest.raises(StorageUnavailableError):
            thumbnail("name", 150, lambda: Broken(PICTURE))
        assert kept() == []
        assert drafts() == []

    def test_a_disk_that_is_full_at_the_last_moment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(source: object, target: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space"):
            thumbnail("name", 150, lambda: BytesIO(PICTURE))
        assert kept() == []
        assert drafts() == []

    def test_what_others_see_is_always_whole(self, keep: Keep, faults: Faults) -> None:
        # One reader makes it and is stopped with the original open; meanwhile nothing is there under its name.
        digest = keep(PICTURE)
        hold = faults.hold("open_range")
        address = thumbnail_url(digest, 150)
        assert address

        def make() -> bytes:
            from cas.storage import cas_storage

            with thumbnail(digest, 150, lambda: cas_storage().open_range(digest)) as file:
                return file.read()

        with ThreadPoolExecutor(1) as pool:
            making = pool.submit(make)
            hold.wait()
            assert kept() == []
            hold.release()
            assert making.result(PATIENCE_SECONDS).endswith(b"\xff\xd9")
        assert kept() == [f"{digest}_150.{RECIPE}.jpg"]
        assert digest == sha256(PICTURE)
