"""What writing costs: files and rows, each case beside its reference, on both pairs of database and store."""

from collections.abc import Iterator

from bench import files, rows
from bench.results import Figure
from bench.site import FOLDER, SERVERS, site


def measure() -> Iterator[Figure]:
    """Processor time and seconds of the server: rows of parts and attachments, then files."""
    for backend in (FOLDER, SERVERS):
        with site(backend) as running:
            yield from running.compare(rows.cases(running))
            yield from running.compare(files.cases(running))
            if backend == FOLDER:
                yield files.memory(running)
