"""Delete the contents that nothing refers to. Any number of these may run at once, on any number of machines."""

from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import Count, Sum

from cas import collector, leftovers, references, reports, safeguards
from cas.batches import in_batches
from cas.collector import Outcome
from cas.commands import ReportingCommand, duration
from cas.safeguards import CollectionRefusedError

_READ_ROWS = 1000
# After so many in a row it is not the objects, it is the store; and every tombstone keeps an upload waiting.
_MAX_POSTPONED = 3

# One thing to delete: its size in the store as far as known, and what does it.
Deletion = tuple[int, Callable[[], Outcome]]


class Command(ReportingCommand):
    """What nothing refers to is condemned, and deleted by a run after its grace. It may be stopped at any moment."""

    help = (
        "Condemns the contents that nothing refers to, and deletes those that have been condemned for longer than the "
        "grace. Also removes temporary files that were left behind."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """How late, and how much."""
        parser.add_argument(
            "--grace",
            type=duration,
            default=collector.GRACE,
            metavar="24h",
            help="How long a content stays condemned. It must exceed the age of the oldest backup that you would use.",
        )
        parser.add_argument(
            "--max-blobs", type=_number, default=10_000, metavar="N", help="Delete nothing when more would go."
        )
        parser.add_argument(
            "--max-percent", type=_number, default=20, metavar="P", help="Delete nothing when a larger part would go."
        )
        parser.add_argument("--force", action="store_true", help="Delete however much it is.")
        super().add_arguments(parser)

    def run(self, **options: Any) -> dict[str, int]:
        """Mark, delete, and keep a report. Raises CollectionRefusedError before a migration is complete."""
        safeguards.refuse_unfinished_migrations()
        grace, dry_run = options["grace"], options["dry_run"]
        summary = _forecast(grace) if dry_run else _mark()
        refusal = _refusal(**options)
        if refusal is not None:
            self.complain(str(refusal))
            summary["purged"] = summary["purged_bytes"] = 0
        elif not dry_run:
            summary += self._delete(grace)
        report = {
            **{name: summary[name] for name in ("condemned", "absolved", "purged", "purged_bytes", "postponed")},
            "skipped": summary["skipped"],
            "temporary_files": leftovers.remove_leftovers(dry_run=dry_run),
            "refused": int(refusal is not None),
            "failed": int(refusal is not None) + summary["postponed"],
            **reports.totals(),
        }
        if not dry_run:
            reports.keep(reports.COLLECT, report)
        return report

    def _delete(self, grace: timedelta) -> Counter[str]:
        counts: Counter[str] = Counter()
        in_a_row = 0
        total = collector.expired_tombstones().count() + collector.purgeable(grace).count()
        for size, delete in self.progress(chain(_expired(), _condemned(grace)), total, "Deleting"):
            outcome = delete()
            counts[outcome] += 1
            counts["purged_bytes"] += size if outcome is Outcome.PURGED else 0
            in_a_row = in_a_row + 1 if outcome is Outcome.POSTPONED else 0
            if in_a_row == _MAX_POSTPONED:
                self.complain("The store does not answer; the rest is left to the next run.")
                break
        return counts


def _mark() -> Counter[str]:
    return Counter(condemned=sum(collector.condemn_unused()), absolved=sum(collector.absolve_used()))


def _forecast(grace: timedelta) -> Counter[str]:
    """What a run would do now, if nobody else did anything."""
    doomed = references.unused(collector.purgeable(grace)).aggregate(count=Count("pk"), size=Sum("size", default=0))
    return Counter(
        condemned=collector.condemnable().count(),
        absolved=collector.absolvable().count(),
        purged=doomed["count"] + collector.expired_tombstones().count(),
        purged_bytes=doomed["size"],
    )


def _refusal(*, grace: timedelta, max_blobs: int, max_percent: int, force: bool, **_: Any) -> Exception | None:
    """Why nothing may be deleted now."""
    try:
        safeguards.refuse_open_findings()
        if not force:
            safeguards.refuse_too_many(grace, safeguards.Cap(max_blobs, max_percent))
    except CollectionRefusedError as refusal:
        return refusal
    return None


def _expired() -> Iterator[Deletion]:
    for batch in in_batches(collector.expired_tombstones(), _READ_ROWS):
        for tombstone in batch:
            yield 0, partial(collector.retry, tombstone.pk)


def _condemned(grace: timedelta) -> Iterator[Deletion]:
    for batch in in_batches(collector.purgeable(grace), _READ_ROWS):
        for blob in batch:
            yield blob.size, partial(collector.purge, blob.pk, grace)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ArgumentTypeError(f"{text!r} is no whole number.")
    return int(text)
