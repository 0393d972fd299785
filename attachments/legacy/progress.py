"""What a run has done so far, and whether it makes sense to go on."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

from django.db import DatabaseError, connection

from attachments.legacy.failures import OF_THE_SURROUNDINGS, SENTENCES, Reason
from attachments.legacy.storage import NOBODYS_KEY, legacy_storage
from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.models import Blob
from cas.storage import cas_storage
from cas.storage.staging import stage_chunks
from core.errors import cause_of

Item = TypeVar("Item")

# So many failures in a row may have a common reason.
PATIENCE = 10
_PROBE_BYTES = 1_000_000
_NOBODYS_DIGEST = "0" * 64


class StoppedError(Exception):
    """The run cannot go on; `str()` says why. What is done stays done."""


class Reporter(Protocol):
    """Who watches a run: a command, or a benchmark."""

    def progress(self, items: Iterable[Item], total: int, what: str) -> Iterator[Item]:
        """The items, while somebody sees how many there have been."""

    def complain(self, message: str) -> None:
        """Tell of one failure."""


@dataclass(frozen=True)
class Outcome:
    """What became of a row or a key: what to count, and of a failure what to tell."""

    counts: Mapping[str, int]
    complaint: str = ""
    of_the_surroundings: bool = False

    @classmethod
    def failed(cls, who: str, reason: Reason, error: Exception) -> Self:
        """A failure of the row or key."""
        complaint = f"{who}: {SENTENCES[reason]}{cause_of(error)}"
        return cls({"failed": 1, reason: 1}, complaint, reason in OF_THE_SURROUNDINGS)


class Progress:
    """Counts for the summary, and stops a run whose surroundings are broken."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._counts: Counter[str] = Counter()
        self._failures_in_a_row = 0

    def begin(self, *names: str) -> None:
        """Name what the summary has in any case."""
        for name in (*names, "failed"):
            self._counts.setdefault(name, 0)

    def follow(self, items: Iterable[object], total: int, what: str) -> None:
        """Take the items, whose outcomes are counted, until they end or it makes no sense to go on."""
        for _ in self._reporter.progress(items, total, what):
            self._look_around()

    def add(self, name: str, count: int) -> None:
        """Count what was there before the run."""
        self._counts[name] += count

    def count(self, outcome: Outcome) -> None:
        """Count an outcome, and tell of a failure."""
        self._counts.update(outcome.counts)
        self._failures_in_a_row = self._failures_in_a_row + 1 if outcome.of_the_surroundings else 0
        if outcome.complaint:
            self._reporter.complain(outcome.complaint)

    def summary(self) -> dict[str, int]:
        """The counts by name."""
        return {str(name): count for name, count in self._counts.items()}

    def _look_around(self) -> None:
        """After many failures in a row, raise StoppedError if it is not the rows that are at fault."""
        if self._failures_in_a_row < PATIENCE:
            return
        self._failures_in_a_row = 0
        for what, probe in _PROBES.items():
            try:
                probe()
            except (StorageUnavailableError, DatabaseError) as error:
                raise StoppedError(f"{what}{cause_of(error)}") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Without a line in the log for every file."""
    loggers = [logging.getLogger(name) for name in ("cas.protocol.attach", "attachments.legacy")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _legacy_store_answers() -> None:
    try:
        legacy_storage().stat(NOBODYS_KEY)
    except BlobNotFoundError:
        return


def _disk_has_room() -> None:
    stage_chunks(cas_storage().staging_dir, [bytes(_PROBE_BYTES)]).close()


def _database_answers() -> None:
    connection.close_if_unusable_or_obsolete()
    Blob.objects.exists()


_PROBES: dict[str, Callable[[], object]] = {
    "The old store does not answer": _legacy_store_answers,
    "The content store does not answer": lambda: cas_storage().stat(_NOBODYS_DIGEST),
    "There is no room for temporary files": _disk_has_room,
    "The database does not answer": _database_answers,
}
