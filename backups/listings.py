"""Lists of contents, as files: a digest and a size a line, sorted, compressed. Reading one takes constant memory."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backups.errors import DamagedBackupError
from backups.manifests import Item


@contextmanager
def writing(path: Path) -> Iterator["Writer"]:
    """Write a listing. Equal contents make equal files, so that nights without a change share one."""
    with path.open("wb") as file, gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
        yield Writer(packed)


class Writer:
    """Counts what it writes."""

    def __init__(self, file: gzip.GzipFile) -> None:
        self._file = file
        self.count = self.bytes = 0

    def add(self, item: Item) -> None:
        """The next content."""
        self._file.write(f"{item.digest} {item.size}\n".encode())
        self.count += 1
        self.bytes += item.size


def read(path: Path) -> Iterator[Item]:
    """The contents in a listing. Raises DamagedBackupError."""
    try:
        with gzip.open(path, "rt", encoding="ascii") as file:
            for line in file:
                digest, size = line.split()
                yield Item(digest, int(size))
    except (OSError, EOFError, ValueError) as error:
        raise DamagedBackupError("A listing of the backup cannot be read.") from error
