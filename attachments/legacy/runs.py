"""A run over rows or keys: several at a time, none of which stops the others, and an end when a store is down."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from django.db import DatabaseError, connection

from attachments.legacy.failures import OF_THE_SURROUNDINGS, Reason, reason_of
from attachments.legacy.rows import Shard
from attachments.legacy.storage import NOBODYS_KEY, legacy_storage
from cas.errors import BlobNotFoundError, StorageUnavailableError
from cas.models import Blob
from cas.storage import cas_storage
from cas.storage.staging import stage_chunks
from core.errors import cause_of
from core.threads import in_parallel

Item = TypeVar("Item")

# So many failures in a row may have a common reason.
_PATIENCE = 10
_PROBE_BYTES = 1_000_000
_NOBODYS_DIGEST = "0" * 64


class StoppedError(Exception):
    """The run cannot go on; `str()` says why. What is done stays done."""


@dataclass(frozen=True)
class Outcome(Generic[Item]):
    """What became of a row or a key: what to count for the summary and, when it failed, why."""

    item: Item
    counts: Mapping[str, int]
    reason: Reason | None = None
    error: Exception | None = None

    @property
    def complaint(self) -> str:
        """The failure in a line for people; blank when there was none."""
        if self.reason is None or self.error is None:
            return ""
        return f"{self.item}: {self.reason.label}{cause_of(self.error)}"


@dataclass
class Run:
    """How a run works: so many workers, on a part of the rows, and whether it only looks."""

    workers: int = 1
    shard: Shard = field(default_factory=Shard)
    dry_run: bool = False
    _why_stopped: str = field(default="", init=False)

    def stop(self, why: str) -> None:
        """Begin nothing else. Signal handlers may call it."""
        self._why_stopped = why

    def outcomes(self, work: Callable[[Item], Mapping[str, int]], items: Iterable[Item]) -> Iterator[Outcome[Item]]:
        """Do the work to every item and yield what became of each, in any order. `work` returns what to count.

        Raises StoppedError when the run was stopped, or a store or the database is down; first what was begun is
        finished and yielded.
        """
        failures = 0
        for outcome in in_parallel(
            partial(_outcome, work), items, self.workers, is_stopped=lambda: bool(self._why_stopped)
        ):
            yield outcome
            failures = failures + 1 if outcome.reason in OF_THE_SURROUNDINGS else 0
            if failures == _PATIENCE:
                failures = 0
                self._why_stopped = self._why_stopped or _what_is_down()
        if self._why_stopped:
            raise StoppedError(self._why_stopped)


def _outcome(work: Callable[[Item], Mapping[str, int]], item: Item) -> Outcome[Item]:
    try:
        return Outcome(item, work(item))
    except Exception as error:  # noqa: BLE001  (one must not stop the others)
        reason = reason_of(error)
        return Outcome(item, {"failed": 1, reason.value: 1}, reason, error)


def _what_is_down() -> str:
    """The first of the surroundings that does not answer, in a sentence; blank when all do."""
    for sentence, probe in _PROBES.items():
        try:
            probe()
        except (StorageUnavailableError, DatabaseError) as error:
            return f"{sentence}{cause_of(error)}"
    return ""


def _look_at_legacy_store() -> None:
    try:
        legacy_storage().stat(NOBODYS_KEY)
    except BlobNotFoundError:
        return


def _look_at_database() -> None:
    connection.close_if_unusable_or_obsolete()
    Blob.objects.exists()


_PROBES: dict[str, Callable[[], object]] = {
    "The old store does not answer": _look_at_legacy_store,
    "The content store does not answer": lambda: cas_storage().stat(_NOBODYS_DIGEST),
    "There is no room for temporary files": lambda: stage_chunks(
        cas_storage().staging_dir, [bytes(_PROBE_BYTES)]
    ).close(),
    "The database does not answer": _look_at_database,
}


@contextmanager
def quiet() -> Iterator[None]:
    """Without a line in the log for every file."""
    loggers = [logging.getLogger(name) for name in ("cas.protocol.attach", "attachments.legacy", "core.search")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
