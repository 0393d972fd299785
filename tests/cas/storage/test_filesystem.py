"""What only a folder can do, or suffer."""

import os
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.db import connection
from pytest_django import Settings

from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.protocol import binding
from cas.protocol.attach import attach
from cas.storage import FileSystemCASStorage, cas_storage, is_digest
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


class TestPublish:
    """A kill cannot show a missing fsync: what was asked of the kernel can."""

    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """What the kernel and the database were asked, in order."""
        seen: list[str] = []

        def note(name: str) -> None:
            original = getattr(os, name)

            def call(*args: object) -> object:
                is_folder = name == "fsync" and stat.S_ISDIR(os.fstat(args[0]).st_mode)  # type: ignore[arg-type]
                seen.append(f"{name} folder" if is_folder else name)
                return original(*args)

            monkeypatch.setattr(os, name, call)

        for name in ("fsync", "link", "replace"):
            note(name)
        return seen

    def test_the_bytes_are_durable_before_their_name(self, folder: FileSystemCASStorage, asked: list[str]) -> None:
        publish(folder, b"other bytes")
        assert asked == ["fsync", "link", "replace", "fsync folder"]

    @pytest.mark.django_db(transaction=True)
    def test_everything_is_durable_before_the_transaction(self, asked: list[str]) -> None:
        def note(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
            if sql.startswith("BEGIN"):
                asked.append("BEGIN")
            return execute(sql, *args)

        binding.require()
        asked.clear()
        with connection.execute_wrapper(note), closing(stage_chunks(cas_storage().staging_dir, [DATA])) as staged:
            attach(staged, lambda blob: None)
            assert asked == ["fsync", "link", "replace", "fsync folder", "BEGIN"]
            asked.clear()
            with closing(stage_chunks(cas_storage().staging_dir, [DATA])) as again:
                attach(again, lambda blob: None)
                assert asked == ["BEGIN", "fsync folder"], "whoever sends it may not have come so far"
                asked.clear()
                staged.close()
                attach(again, lambda blob: None)
        assert asked == ["BEGIN"], "what is stored already is written nowhere"

    def test_the_staged_file_stays_and_may_be_published_again(self, folder: FileSystemCASStorage) -> None:
        with closing(stage_chunks(folder.staging_dir, [b"other bytes"])) as staged:
            for _ in range(2):
                folder.publish(staged)
                assert [path.name for path in folder.staging_dir.iterdir()] == [staged.path.name]
            folder.remove(staged.digest)
            folder.publish(staged)
        assert Path(folder.path(f"cas/{staged.digest}")).read_bytes() == b"other bytes"

    def test_bytes_are_copied_where_there_are_no_hard_links(
        self, folder: FileSystemCASStorage, asked: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*args: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
        data = b"other bytes" * 3_000_000
        with closing(stage_chunks(folder.staging_dir, [data])) as staged:
            folder.publish(staged)
            assert [path.name for path in folder.staging_dir.iterdir()] == [staged.path.name]
        path = Path(folder.path(f"cas/{staged.digest}"))
        assert path.read_bytes() == data
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
        assert asked[-3:] == ["fsync", "replace", "fsync folder"]

    def test_a_disk_that_is_full_while_bytes_are_copied_leaves_nothing(
        self, folder: FileSystemCASStorage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*args: object) -> None:
            raise OSError(28, "No space left on device")

        for name in ("link", "sendfile"):
            monkeypatch.setattr(os, name, refuse)
        with closing(stage_chunks(folder.staging_dir, [b"other bytes"])) as staged:
            with pytest.raises(StorageUnavailableError):
                folder.publish(staged)
            assert [path.name for path in folder.staging_dir.iterdir()] == [staged.path.name]
        assert [item.name for item in folder.objects()] == [DIGEST]


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
