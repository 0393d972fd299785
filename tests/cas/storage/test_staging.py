"""Staged files: bytes on their way in."""

import gc
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cas.errors import StorageUnavailableError
from cas.storage import FileSystemCASStorage
from cas.storage.staging import StagedFile, stage_chunks
from tests.plugins.files import sha256


class TestStagedFile:
    def test_knows_digest_size_and_head_of_its_bytes(self, tmp_path: Path) -> None:
        staged = StagedFile(tmp_path)
        staged.write(b"abc")
        staged.write(b"d" * 5000)
        data = b"abc" + b"d" * 5000
        assert (staged.digest, staged.size, staged.head) == (sha256(data), len(data), data[:1024])
        assert staged.path.read_bytes() == data

    @pytest.mark.parametrize(
        ("length", "step"), [(0, 1), (3072, 1), (3072, 7), (3072, 1023), (3072, 1024), (3072, 1025)]
    )
    def test_the_size_of_the_pieces_does_not_matter(self, tmp_path: Path, length: int, step: int) -> None:
        data = (bytes(range(256)) * 12)[:length]
        staged = stage_chunks(tmp_path, (data[at : at + step] for at in range(0, len(data), step)))
        assert (staged.digest, staged.size, staged.head) == (sha256(data), len(data), data[:1024])
        assert staged.file.read() == data

    def test_makes_its_folder_and_is_for_its_owner_only(self, tmp_path: Path) -> None:
        assert StagedFile(tmp_path / "staging").path.stat().st_mode & 0o077 == 0

    def test_is_at_its_first_byte_when_sealed(self, tmp_path: Path) -> None:
        staged = StagedFile(tmp_path)
        staged.write(b"abc")
        staged.seal()
        assert staged.file.read() == b"abc"


class TestRemoval:
    def test_closing_removes_the_file(self, tmp_path: Path) -> None:
        staged = StagedFile(tmp_path)
        assert staged.path.exists()
        staged.close()
        staged.close()
        assert staged.closed
        assert list(tmp_path.iterdir()) == []

    def test_forgetting_removes_the_file(self, tmp_path: Path) -> None:
        staged = StagedFile(tmp_path)
        staged.write(b"abc")
        del staged
        gc.collect()
        assert list(tmp_path.iterdir()) == []

    def test_what_was_published_stays(self, tmp_path: Path) -> None:
        store = FileSystemCASStorage(tmp_path)
        store.create()
        staged = stage_chunks(store.staging_dir, [b"abc"])
        store.publish(staged)
        staged.close()
        assert [item.name for item in store.objects()] == [sha256(b"abc")]
        assert list(store.staging_dir.iterdir()) == []

    def test_a_source_that_breaks_off_leaves_nothing(self, tmp_path: Path) -> None:
        def chunks() -> Iterator[bytes]:
            yield b"the first piece"
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            stage_chunks(tmp_path, chunks())
        assert list(tmp_path.iterdir()) == []


class TestRefusingDisk:
    def test_no_folder_can_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(StorageUnavailableError):
            StagedFile(tmp_path / "file" / "staging")

    def test_a_full_disk_in_the_middle_of_a_file(self, tmp_path: Path) -> None:
        staged = StagedFile(tmp_path)
        with files_of_at_most(100_000), pytest.raises(StorageUnavailableError, match="no room"):
            staged.write(b"x" * 250_000)
        staged.close()
        assert list(tmp_path.iterdir()) == []

    def test_bytes_that_cannot_be_made_durable(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(descriptor: int) -> None:
            raise OSError(5, "Input/output error")

        store = FileSystemCASStorage(tmp_path)
        store.create()
        staged = stage_chunks(store.staging_dir, [b"abc"])
        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(StorageUnavailableError):
            store.publish(staged)
        staged.close()
        assert list(store.objects()) == []
        assert list(store.staging_dir.iterdir()) == []


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The kernel refuses to let a file grow any further, in the middle of a write if need be, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
