"""The old system's objects, in a folder or a bucket."""

import os
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from shutil import copyfileobj
from typing import Any

import pytest

from attachments.legacy.storage import FolderLegacyStorage, LegacyStorage, S3LegacyStorage, legacy_storage
from cas.errors import BlobNotFoundError, StorageUnavailableError

KEY = "parts/1/attachments/ünï côdé 電 %41.jpg"


@pytest.fixture
def put(legacy_folder: Path) -> Callable[[bytes], Path]:
    """Write the object, as the old system did."""

    def write(data: bytes) -> Path:
        path = legacy_folder / KEY
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
def folder(tmp_path: Path) -> FolderLegacyStorage:
    """A folder of its own, whatever the backend."""
    return FolderLegacyStorage(location=tmp_path)


class TestAnObject:
    def test_is_described_and_read_alike(self, put: Callable[[bytes], Path]) -> None:
        put(b"x" * 700_000)
        file, found = legacy_storage().open_object(KEY)
        with file:
            assert file.read(300_000) + file.read() == b"x" * 700_000
        assert found.size == 700_000
        assert legacy_storage().stat(KEY) == found

    def test_that_was_written_again_is_another(self, put: Callable[[bytes], Path]) -> None:
        path = put(b"12345678")
        before = legacy_storage().stat(KEY)
        path.write_bytes(b"87654321")
        os.utime(path, (1, 1))
        assert legacy_storage().stat(KEY) != before

    def test_may_be_empty(self, put: Callable[[bytes], Path]) -> None:
        put(b"")
        file, found = legacy_storage().open_object(KEY)
        with file:
            assert file.read() == b""
        assert found.size == 0

    def test_is_removed_and_stays_so(self, put: Callable[[bytes], Path]) -> None:
        path = put(b"1")
        legacy_storage().remove(KEY)
        legacy_storage().remove(KEY)
        assert not path.exists()

    @pytest.mark.parametrize("key", [KEY, "missing/0", "parts/" + "x" * 400])
    def test_that_is_not_there_is_missing(self, legacy_folder: Path, key: str) -> None:
        legacy_folder.mkdir(exist_ok=True)
        for ask in (legacy_storage().stat, legacy_storage().open_object):
            with pytest.raises((BlobNotFoundError, StorageUnavailableError)) as caught:
                ask(key)
            # An S3 server may call a name too long for its disk an error of its own.
            assert caught.type is BlobNotFoundError or len(key) > 255


class TestAStoreThatIsGone:
    def test_has_nothing_missing(self, put: Callable[[bytes], Path], dead_legacy_store: Callable[[], None]) -> None:
        put(b"1")
        storage: LegacyStorage = legacy_storage()
        dead_legacy_store()
        for ask in (storage.stat, storage.open_object, storage.remove):
            with pytest.raises(StorageUnavailableError):
                ask(KEY)


class TestABucket:
    def test_that_is_not_there_has_nothing_missing(self, missing_bucket: dict[str, str]) -> None:
        bucket = S3LegacyStorage(**missing_bucket)
        for ask in (bucket.stat, bucket.open_object, bucket.remove):
            with pytest.raises(StorageUnavailableError):
                ask(KEY)

    def test_that_breaks_off_in_the_middle_does_not_answer(self) -> None:
        class HalfAnObject(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.send_header("Last-Modified", "Sat, 21 Nov 2026 10:00:00 GMT")
                self.end_headers()
                self.wfile.write(bytes(500))

            def log_message(self, *args: Any) -> None:
                pass

        with HTTPServer(("127.0.0.1", 0), HalfAnObject) as server:
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            bucket = S3LegacyStorage(
                bucket_name="bucket",
                endpoint_url=f"http://127.0.0.1:{server.server_port}",
                access_key="a",
                secret_key="b",
                region_name="us-east-1",
            )
            file, found = bucket.open_object(KEY)
            with file, pytest.raises(StorageUnavailableError):
                copyfileobj(file, BytesIO(), 100)
            server.shutdown()
        assert found.size == 1000


class TestAFolder:
    @pytest.mark.parametrize("key", ["../secret", "/etc/passwd", "a\0b", "file/below"])
    def test_has_nothing_outside_of_it(self, folder: FolderLegacyStorage, tmp_path: Path, key: str) -> None:
        (tmp_path / "file").write_bytes(b"")
        for ask in (folder.stat, folder.open_object):
            with pytest.raises(BlobNotFoundError):
                ask(key)
        folder.remove(key)
        assert Path("/etc/passwd").exists()

    def test_has_files_only(self, folder: FolderLegacyStorage, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        os.mkfifo(tmp_path / "pipe")
        for key in ("folder", "pipe"):
            for ask in (folder.stat, folder.open_object):
                with pytest.raises(StorageUnavailableError):
                    ask(key)

    def test_keeps_its_folders(self, folder: FolderLegacyStorage, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "b").write_bytes(b"1")
        folder.remove("a/b")
        assert (tmp_path / "a").is_dir()
