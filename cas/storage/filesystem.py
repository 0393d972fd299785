"""Contents in a folder: `<location>/cas/<sha256>`, staged beside it in `<location>/staging`."""

import heapq
import os
import secrets
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from io import RawIOBase
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from django.conf import settings
from typing_extensions import override

from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.storage.base import BINDING, PREFIX, CASStorage, StoredObject, key_of
from cas.storage.breaker import BREAKER
from cas.storage.staging import StagedFile

# Names that are sorted in memory: some 11 MB.
_RUN_LENGTH = 100_000
_COPY_BYTES = 16 * 1024**2


class FileSystemCASStorage(CASStorage):
    """A folder. Objects appear whole, by a rename, and survive a power cut once published.

    Without its folder it is unavailable, not empty: a disk may not be mounted. Only `create` makes that folder.
    """

    # Unlinking is synchronous: the time only covers a process that sleeps between two steps.
    tombstone_lifetime = timedelta(minutes=2)

    def __init__(self, location: str | os.PathLike[str], *, sorted_in_memory: int = _RUN_LENGTH) -> None:
        self.location = Path(location)
        self.staging_dir = self.location / "staging"
        self._objects_dir = self.location / PREFIX
        self._run_length = sorted_in_memory

    @override
    def create(self) -> None:
        try:
            self.location.parent.mkdir(parents=True, exist_ok=True)
            for folder in (self.location, self._objects_dir):
                if not folder.exists():
                    folder.mkdir()
                    # Whatever the umask: a web server that hands objects out passes through, and may list nothing.
                    folder.chmod(0o711)
        except OSError as error:
            raise StorageUnavailableError from error

    def path(self, name: str) -> str:
        """The absolute path of an object, for a web server that hands it out."""
        return str(self.location / key_of(name.removeprefix(PREFIX)))

    @override
    def stage(self) -> StagedFile:
        # On the same disk as the objects, and the first that an upload needs of it.
        with BREAKER.call():
            return super().stage()

    def publish(self, staged: StagedFile) -> None:
        """Make the bytes durable, rename a second name of the staged file, and make that durable too."""
        second = staged.path.with_name(f"{staged.path.name}-{secrets.token_hex(8)}")
        try:
            descriptor = staged.file.fileno()
            if settings.FILE_UPLOAD_PERMISSIONS is not None:
                os.fchmod(descriptor, settings.FILE_UPLOAD_PERMISSIONS)
            if os.fstat(descriptor).st_size != staged.size:
                # Somebody touched it; an object that is good must not be replaced by it.
                raise StorageUnavailableError
            os.fsync(descriptor)
            try:
                os.link(staged.path, second)
            except OSError:
                # Not every file system has hard links.
                _copy(descriptor, second)
            os.replace(second, self.location / key_of(staged.digest))
            _sync_directory(self._objects_dir)
        except OSError as error:
            raise StorageUnavailableError from error
        finally:
            # Where the object is this very file already, the rename leaves both names.
            with suppress(OSError):
                second.unlink()

    @override
    def make_durable(self, digest: str) -> None:
        try:
            # Its other name is the staged file of whoever published it, and goes when that one is done.
            if os.stat(self.location / key_of(digest)).st_nlink > 1:
                _sync_directory(self._objects_dir)
        except OSError as error:
            raise StorageUnavailableError from error

    def stat(self, digest: str) -> StoredObject | None:
        """A look at the folder. Links are followed."""
        try:
            with self._errors():
                return _stored(digest, os.stat(self.location / key_of(digest)))
        except BlobNotFoundError:
            return None

    def open_range(self, digest: str, start: int = 0, length: int | None = None) -> BinaryIO:
        """A file object with `fileno()`, at the right offset."""
        with self._errors():
            file = open(self.location / key_of(digest), "rb")  # noqa: SIM115  (the caller closes it)
        file.seek(start)
        return file if length is None else cast("BinaryIO", BoundedFile(file, length))

    @override
    def open_whole(self, digest: str) -> tuple[BinaryIO, int]:
        file = self.open_range(digest)
        return file, os.fstat(file.fileno()).st_size

    def remove(self, digest: str) -> None:
        """Unlink; synchronous, so nothing of it can happen later. The folder stays."""
        try:
            (self.location / key_of(digest)).unlink(missing_ok=True)
            _sync_directory(self._objects_dir)
        except OSError as error:
            raise StorageUnavailableError from error

    def objects(self) -> Iterator[StoredObject]:
        """Everything in the folder, files or not: strangers are reported by the checker, never touched."""
        try:
            for name in _sorted_names(self._objects_dir, self.staging_dir, self._run_length):
                try:
                    status = os.stat(self._objects_dir / name)
                except FileNotFoundError:
                    continue
                yield _stored(name, status)
        except OSError as error:
            raise StorageUnavailableError from error

    def read_binding(self) -> bytes | None:
        """A file beside the folder of the contents."""
        try:
            with self._errors():
                return (self.location / BINDING).read_bytes()
        except BlobNotFoundError:
            return None

    def write_binding(self, data: bytes, *, replace: bool) -> None:
        """Whole or not at all, and durable."""
        draft = None
        try:
            # Where the contents are away, it would be put beneath the place of the mount.
            os.stat(self._objects_dir / ".")
            descriptor, draft = tempfile.mkstemp(prefix=f".{BINDING}.", dir=self.location)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                os.replace(draft, self.location / BINDING)
            else:
                with suppress(FileExistsError):
                    os.link(draft, self.location / BINDING)
            _sync_directory(self.location)
        except OSError as error:
            raise StorageUnavailableError from error
        finally:
            if draft is not None:
                Path(draft).unlink(missing_ok=True)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Only "no such file" in a folder that is there means absent."""
        try:
            try:
                yield
            except FileNotFoundError as error:
                if self._objects_dir.is_dir():
                    raise BlobNotFoundError from error
                raise
        except OSError as error:
            raise StorageUnavailableError from error


class BoundedFile(RawIOBase):
    """A part of a file, from where it is: reads end after `length` bytes.

    `fileno()`, and positions, are those of the whole file, so that a server can use sendfile.
    """

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file = file
        self._end = file.tell() + length

    @override
    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        """The descriptor of the whole file, at the offset of the part."""
        return self._file.fileno()

    @override
    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position in the whole file, as servers do after sendfile."""
        return self._file.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, and never past the end of the part."""
        left = max(self._end - self._file.tell(), 0)
        return self._file.read(left if size < 0 else min(size, left))

    @override
    def close(self) -> None:
        self._file.close()
        super().close()


def _stored(name: str, status: os.stat_result) -> StoredObject:
    return StoredObject(name, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))


def _sorted_names(folder: Path, scratch: Path, run_length: int) -> Iterator[str]:
    """The names in the folder, sorted, in memory that does not grow with their number (an external merge sort)."""
    with os.scandir(folder) as entries, ExitStack() as files:
        # A folder is no content, even if its name is one: the slash tells.
        names = (f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries)
        runs: list[Iterable[str]] = []
        while run := sorted(islice(names, run_length)):
            if len(run) < run_length:
                runs.append(run)
                break
            scratch.mkdir(exist_ok=True)
            # It has no name, so that nothing of it is left after a kill.
            file = files.enter_context(tempfile.TemporaryFile("w+", encoding="ascii", dir=scratch))
            # A name may hold anything, line ends included.
            file.writelines(f"{os.fsencode(name).hex()}\n" for name in run)
            file.seek(0)
            runs.append(os.fsdecode(bytes.fromhex(line)) for line in file)
        yield from heapq.merge(*runs)


def _copy(source: int, path: Path) -> None:
    """Copy an open file, with its permissions, and make the copy durable."""
    status = os.fstat(source)
    with open(path, "xb", opener=partial(os.open, mode=0o600)) as target:
        offset = 0
        while sent := os.sendfile(target.fileno(), source, offset, _COPY_BYTES):
            offset += sent
        if offset != status.st_size:
            raise StorageUnavailableError
        os.fchmod(target.fileno(), stat.S_IMODE(status.st_mode))
        os.fsync(target.fileno())


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
