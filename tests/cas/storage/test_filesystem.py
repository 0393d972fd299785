"""What only a folder can do, or suffer."""

import os
import stat
from pathlib import Path

import pytest
from django.core.exceptions import SuspiciousFileOperation
from pytest_django import Settings

from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.storage import FileSystemCASStorage, is_digest
from cas.storage.staging import stage_chunks
from tests.plugins.files import sha256

pytestmark = pytest.mark.once

DATA = b"0123456789"
DIGEST = sha256(DATA)


@pytest.fixture
def folder(tmp_path: Path) -> FileSystemCASStorage:
    """A store with one content."""
    store = FileSystemCASStorage(tmp_path)
    store.create()
    publish(store, DATA)
    return store


def publish(store: FileSystemCASStorage, data: bytes) -> None:
    staged = stage_chunks(store.staging_dir, [data])
    store.publish(staged)
    staged.close()


class TestFolder:
    @pytest.mark.parametrize("mode", [0o600, 0o644, None])
    def test_files_have_the_permissions_of_the_setting(
        self, folder: FileSystemCASStorage, settings: Settings, mode: int | None
    ) -> None:
        settings.FILE_UPLOAD_PERMISSIONS = mode
        publish(folder, b"other bytes")
        path = Path(folder.path(f"cas/{sha256(b'other bytes')}"))
        assert stat.S_IMODE(path.stat().st_mode) == (mode or 0o600)

    def test_tells_the_path_of_an_object_and_of_nothing_else(self, folder: FileSystemCASStorage) -> None:
        assert Path(folder.path(f"cas/{DIGEST}")).read_bytes() == DATA
        for name in ("../secret_key", "cas/../secret_key", "staging/x", ""):
            with pytest.raises(SuspiciousFileOperation):
                folder.path(name)

    def test_strangers_are_listed(self, folder: FileSystemCASStorage, tmp_path: Path) -> None:
        (tmp_path / "cas" / "README").write_text("put here by hand")
        (tmp_path / "cas" / "folder").mkdir()
        assert [item.name for item in folder.objects()] == sorted([DIGEST, "README", "folder/"])

    def test_a_folder_is_no_content_whatever_its_name(self, folder: FileSystemCASStorage, tmp_path: Path) -> None:
        (tmp_path / "cas" / DIGEST[::-1]).mkdir()
        assert [item.name for item in folder.objects() if is_digest(item.name)] == [DIGEST]

    @pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 100])
    def test_names_are_sorted_on_the_disk_when_they_are_many(
        self, folder: FileSystemCASStorage, tmp_path: Path, length: int
    ) -> None:
        strange = ["two\nlines", "ünïcode", "Z", os.fsdecode(b"no \xff utf-8"), "~", " "]
        for name in strange:
            (tmp_path / "cas" / name).touch()
        store = FileSystemCASStorage(tmp_path, sorted_in_memory=length)
        assert [item.name for item in store.objects()] == sorted([DIGEST, *strange])
        assert list(folder.staging_dir.iterdir()) == []

    def test_what_goes_while_it_is_listed_is_left_out(self, folder: FileSystemCASStorage) -> None:
        publish(folder, b"other bytes")
        listing = folder.objects()
        first = next(listing).name
        folder.remove(first)
        folder.remove(({DIGEST, sha256(b"other bytes")} - {first}).pop())
        assert list(listing) == []


class TestBrokenFolder:
    def test_an_object_that_cannot_be_looked_at_is_not_absent(self, folder: FileSystemCASStorage) -> None:
        path = Path(folder.path(DIGEST))
        path.unlink()
        path.symlink_to(path)
        for call in (lambda: folder.stat(DIGEST), lambda: folder.open_range(DIGEST), lambda: list(folder.objects())):
            with pytest.raises(StorageUnavailableError):
                call()

    def test_a_folder_in_the_place_of_an_object_cannot_be_read(self, folder: FileSystemCASStorage) -> None:
        path = Path(folder.path(DIGEST))
        path.unlink()
        path.mkdir()
        with pytest.raises(StorageUnavailableError):
            folder.open_range(DIGEST)
        with pytest.raises(StorageUnavailableError):
            folder.remove(DIGEST)

    def test_a_folder_that_is_gone_holds_nothing_for_certain(
        self, folder: FileSystemCASStorage, tmp_path: Path
    ) -> None:
        (tmp_path / "cas").rename(tmp_path / "elsewhere")
        with pytest.raises(StorageUnavailableError):
            folder.open_range(DIGEST)
        (tmp_path / "elsewhere").rename(tmp_path / "cas")
        folder.remove(DIGEST)
        with pytest.raises(BlobNotFoundError):
            folder.open_range(DIGEST)

    def test_a_staged_file_that_was_cut_short_replaces_nothing(self, folder: FileSystemCASStorage) -> None:
        staged = stage_chunks(folder.staging_dir, [DATA])
        os.truncate(staged.path, 5)
        with pytest.raises(StorageUnavailableError):
            folder.publish(staged)
        staged.close()
        assert Path(folder.path(DIGEST)).read_bytes() == DATA


class TestPart:
    def test_reads_end_where_the_part_ends(self, folder: FileSystemCASStorage) -> None:
        with folder.open_range(DIGEST, 2, 5) as part:
            assert part.readable()
            assert [part.read(3), part.read(3), part.read(3)] == [b"234", b"56", b""]

    def test_may_be_read_again(self, folder: FileSystemCASStorage) -> None:
        with folder.open_range(DIGEST, 2, 5) as part:
            assert part.read() == b"23456"
            assert part.seekable()
            part.seek(4)
            assert part.read() == b"456"
            part.seek(9)
            assert part.read() == b""

    def test_closes_its_file(self, folder: FileSystemCASStorage) -> None:
        part = folder.open_range(DIGEST, 2, 5)
        descriptor = part.fileno()
        part.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)
