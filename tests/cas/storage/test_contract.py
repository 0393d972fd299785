"""The contract of every content-addressed store: folder, moto and a real S3 server (rclone)."""

import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile
from moto import mock_aws
from storages.backends.s3 import S3Storage

from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.storage import CASStorage, FileSystemCASStorage, S3CASStorage
from cas.storage.staging import StagedFile, stage_chunks
from tests.backends import start_rclone
from tests.plugins.files import sha256

pytestmark = pytest.mark.once

BUCKET = "contract"


# Clients of S3 are expensive to make, so the tests of the module share theirs.
@pytest.fixture(scope="module")
def moto_store(tmp_path_factory: pytest.TempPathFactory) -> S3CASStorage:
    """A store on moto, to be used under `mock_aws`."""
    with mock_aws():
        store = S3CASStorage(
            staging_dir=tmp_path_factory.mktemp("staging"),
            bucket_name=BUCKET,
            access_key="a",
            secret_key="b",
            region_name="us-east-1",
        )
        store._client("send")
        store._client("sweep")
        return store


@pytest.fixture(scope="module")
def rclone_store(tmp_path_factory: pytest.TempPathFactory, rclone: dict[str, str]) -> S3CASStorage:
    """A store on a real server."""
    return S3CASStorage(staging_dir=tmp_path_factory.mktemp("staging"), bucket_name=BUCKET, **rclone)


@pytest.fixture(scope="module")
def rclone() -> Iterator[dict[str, str]]:
    """A real S3 server with an empty bucket."""
    key, secret = secrets.token_hex(8), secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / BUCKET).mkdir()
        endpoint, stop = start_rclone(Path(folder), key, secret)
        yield {"endpoint_url": endpoint, "access_key": key, "secret_key": secret, "region_name": "us-east-1"}
        stop()


@pytest.fixture(params=["folder", "moto", "rclone"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CASStorage]:
    """One store after the other."""
    if request.param == "folder":
        folder = FileSystemCASStorage(tmp_path / "store")
        folder.create()
        yield folder
    elif request.param == "moto":
        store = request.getfixturevalue("moto_store")
        with mock_aws():
            store._client("send").create_bucket(Bucket=BUCKET)
            yield store
    else:
        store = request.getfixturevalue("rclone_store")
        yield store
        for item in list(store.objects()):
            store.remove(item.name)


@pytest.fixture
def publish(any_store: CASStorage) -> Callable[[bytes], str]:
    """Store bytes, as an upload does, and return their digest."""

    def make(data: bytes) -> str:
        staged = stage(any_store, data)
        any_store.publish(staged)
        staged.close()
        return staged.digest

    return make


def stage(store: CASStorage, data: bytes) -> StagedFile:
    return stage_chunks(store.staging_dir, [data[at : at + 70_000] for at in range(0, len(data), 70_000)])


def _plain_client(store: S3CASStorage) -> Any:
    return S3Storage(**store._options).connection.meta.client


def calls_of(store: CASStorage, staged: StagedFile) -> dict[str, Callable[[], object]]:
    """Every operation, by its name."""
    return {
        "stat": lambda: store.stat(staged.digest),
        "open_range": lambda: store.open_range(staged.digest),
        "remove": lambda: store.remove(staged.digest),
        "objects": lambda: list(store.objects()),
        "publish": lambda: store.publish(staged),
    }


def read(file: BinaryIO) -> bytes:
    with file:
        return b"".join(iter(lambda: file.read(65_536), b""))


class TestPublish:
    @pytest.mark.parametrize("size", [0, 1, 8 * 1024**2, 8 * 1024**2 + 1, 20_000_000])
    def test_stores_exactly_the_bytes(self, any_store: CASStorage, publish: Callable[[bytes], str], size: int) -> None:
        data = secrets.token_bytes(size)
        digest = publish(data)
        assert digest == sha256(data)
        assert sha256(read(any_store.open_range(digest))) == digest

    def test_replaces_a_damaged_object(self, any_store: CASStorage, publish: Callable[[bytes], str]) -> None:
        digest = publish(b"good bytes")
        if isinstance(any_store, FileSystemCASStorage):
            Path(any_store.path(f"cas/{digest}")).write_bytes(b"torn")
        elif isinstance(any_store, S3CASStorage):
            # A client of its own: ours refuses bytes that are not those of the key.
            _plain_client(any_store).put_object(Bucket=BUCKET, Key=f"cas/{digest}", Body=b"torn")
        publish(b"good bytes")
        assert read(any_store.open_range(digest)) == b"good bytes"

    def test_leaves_nothing_in_staging(self, any_store: CASStorage, publish: Callable[[bytes], str]) -> None:
        publish(b"some bytes")
        assert not [path for path in any_store.staging_dir.rglob("staged-*") if path.is_file()]


class TestStat:
    def test_tells_the_size(self, any_store: CASStorage, publish: Callable[[bytes], str]) -> None:
        stored = any_store.stat(publish(b"12345"))
        assert stored is not None
        assert stored.size == 5

    def test_says_absent(self, any_store: CASStorage, publish: Callable[[bytes], str]) -> None:
        publish(b"another content")
        assert any_store.stat(sha256(b"never stored")) is None

    @pytest.mark.parametrize("name", ["../x", "ABC", "a" * 63, "A" * 64, "a" * 64 + "/y", "a" * 64 + "\n", ""])
    def test_refuses_what_is_no_digest(self, any_store: CASStorage, name: str) -> None:
        with pytest.raises(SuspiciousFileOperation):
            any_store.stat(name)


class TestOpenRange:
    @pytest.mark.parametrize(("start", "length"), [(0, 1), (3, 4), (9, 1), (4, None), (0, 10), (2, 100)])
    def test_gives_the_part(
        self, any_store: CASStorage, publish: Callable[[bytes], str], start: int, length: int | None
    ) -> None:
        data = b"0123456789"
        end = None if length is None else start + length
        assert read(any_store.open_range(publish(data), start, length)) == data[start:end]

    def test_unknown_content(self, any_store: CASStorage, publish: Callable[[bytes], str]) -> None:
        publish(b"another content")
        with pytest.raises(BlobNotFoundError):
            any_store.open_range(sha256(b"never stored"))

    def test_a_reader_of_a_folder_keeps_its_bytes_while_the_object_is_removed(self, tmp_path: Path) -> None:
        store = FileSystemCASStorage(tmp_path)
        store.create()
        staged = stage(store, b"bytes")
        store.publish(staged)
        file = store.open_range(staged.digest)
        store.remove(staged.digest)
        assert read(file) == b"bytes"

    def test_many_unfinished_reads_do_not_exhaust_the_connections(
        self, any_store: CASStorage, publish: Callable[[bytes], str]
    ) -> None:
        digest = publish(secrets.token_bytes(1_000_000))
        for _ in range(50):
            with any_store.open_range(digest) as file:
                file.read(10)
        assert any_store.stat(digest) is not None


class TestRemove:
    def test_removes(self, any_store: CASStorage, publish: Callable[[bytes], str]) -> None:
        digest = publish(b"bytes")
        any_store.remove(digest)
        assert any_store.stat(digest) is None

    def test_absent_is_fine(self, any_store: CASStorage, publish: Callable[[bytes], str]) -> None:
        publish(b"another content")
        any_store.remove(sha256(b"never stored"))

    def test_s3_gets_one_attempt_with_short_timeouts(self, tmp_path: Path) -> None:
        client = S3CASStorage(staging_dir=tmp_path, bucket_name=BUCKET, access_key="a", secret_key="b")._client("sweep")
        assert client.meta.config.retries["total_max_attempts"] == 1
        assert client.meta.config.connect_timeout <= 5
        assert client.meta.config.read_timeout <= 15


class TestObjects:
    def test_lists_everything_in_order(self, any_store: CASStorage, publish: Callable[[bytes], str]) -> None:
        digests = sorted(publish(str(number).encode()) for number in range(12))
        assert [item.name for item in any_store.objects()] == digests
        assert {item.size for item in any_store.objects()} == {1, 2}

    def test_an_empty_store_lists_nothing(self, any_store: CASStorage) -> None:
        assert list(any_store.objects()) == []


class TestAsDjangoStorage:
    def test_save_returns_the_key_and_never_another(self, any_store: CASStorage) -> None:
        name = f"cas/{sha256(b'content')}"
        assert any_store.save("anything.pdf", ContentFile(b"content")) == name
        assert any_store.save("other.png", ContentFile(b"content")) == name
        assert any_store.exists(name)
        assert any_store.size(name) == 7
        with any_store.open(name) as file:
            assert file.read() == b"content"
        assert any_store.listdir("cas") == ([], [sha256(b"content")])
        any_store.delete(name)
        assert not any_store.exists(name)

    def test_is_opened_for_reading_only(self, any_store: CASStorage) -> None:
        name = any_store.save("x", ContentFile(b"content"))
        with pytest.raises(ValueError, match="immutable"):
            any_store.open(name, "wb")


class TestFailures:
    """What is not a clear "no such object" is an error, never "absent"."""

    @pytest.mark.parametrize("operation", ["stat", "open_range", "remove", "objects", "publish"])
    def test_a_dead_server(self, tmp_path: Path, operation: str) -> None:
        store = S3CASStorage(
            staging_dir=tmp_path,
            bucket_name=BUCKET,
            endpoint_url="http://127.0.0.1:1",
            access_key="a",
            secret_key="b",
            region_name="us-east-1",
        )
        staged = stage(store, b"bytes")
        with pytest.raises(StorageUnavailableError):
            calls_of(store, staged)[operation]()
        staged.close()

    def test_wrong_credentials(self, tmp_path: Path, rclone: dict[str, str]) -> None:
        store = S3CASStorage(staging_dir=tmp_path, bucket_name=BUCKET, **{**rclone, "secret_key": "wrong"})
        with pytest.raises(StorageUnavailableError):
            store.stat(sha256(b"x"))

    def test_a_bucket_that_is_not_there(self, tmp_path: Path, missing_bucket: dict[str, str]) -> None:
        store = S3CASStorage(staging_dir=tmp_path, **missing_bucket)
        with closing(stage(store, b"bytes")) as staged:
            for call in calls_of(store, staged).values():
                with pytest.raises(StorageUnavailableError):
                    call()

    @pytest.mark.parametrize("instead", ["nothing", "a file"])
    def test_a_folder_that_went_away(self, tmp_path: Path, instead: str) -> None:
        store = FileSystemCASStorage(tmp_path)
        store.create()
        staged = stage(store, b"bytes")
        (tmp_path / "cas").rmdir()
        if instead == "a file":
            (tmp_path / "cas").write_text("where the folder was")
        for call in calls_of(store, staged).values():
            with pytest.raises(StorageUnavailableError):
                call()
        staged.close()

    def test_bytes_that_changed_after_hashing_are_refused_by_a_real_server(
        self, tmp_path: Path, rclone: dict[str, str]
    ) -> None:
        store = S3CASStorage(staging_dir=tmp_path, bucket_name=BUCKET, **rclone)
        staged = stage(store, b"good bytes")
        staged.path.write_bytes(b"evil bytes")
        with pytest.raises(StorageUnavailableError):
            store.publish(staged)
        assert store.stat(staged.digest) is None
        staged.close()
