"""Delete the contents that nothing refers to. Any number of these may run at once, on any number of machines."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import chain
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import Count, Sum
from typing_extensions import override

from cas import references, stale_files
from cas.audit import reports
from cas.protocol import collect, expiry, limits
from cas.protocol.collect import Outcome, Tombstone
from cas.protocol.limits import CollectionRefusedError
from core.arguments import duration, job_count, whole_number
from core.batches import in_batches
from core.commands import ReportingCommand

_READ_ROWS = 1000
# After so many in a row it is not the objects, it is the store; and every tombstone keeps an upload waiting.
_MAX_POSTPONED = 3


class Command(ReportingCommand):
    """What nothing refers to is marked, and deleted by a run after its grace. It may be stopped at any moment."""

    help = (
        "Gives up what was removed longer ago than KEEP_REMOVED says, marks the contents that nothing refers to for "
        "deletion, and deletes those that have been marked for longer than the grace. Also removes temporary files "
        "that were left behind."
    )

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--grace",
            type=duration,
            default=collect.GRACE,
            metavar="24h",
            help="How long a marked content is kept. It must exceed the time that a backup takes.",
        )
        parser.add_argument(
            "--max-blobs", type=whole_number(), default=10_000, metavar="N", help="Delete nothing when more would go."
        )
        parser.add_argument(
            "--max-percent",
            type=whole_number(),
            default=20,
            metavar="P",
            help="Delete nothing when a larger part would go.",
        )
        parser.add_argument("--force", action="store_true", help="Delete however much it is.")
        parser.add_argument("--jobs", type=job_count, default=4, metavar="N", help="Delete so many objects at a time.")
        super().add_arguments(parser)

    def run(self, **options: Any) -> dict[str, int]:
        """Mark, delete, and keep a report."""
        grace, dry_run = options["grace"], options["dry_run"]
        # A store of another database is no base for marks either.
        refusal = _refusal(limits.refuse_a_store_of_others)
        expired = 0 if refusal or _refusal(limits.refuse_open_findings) else expiry.give_up_expired(dry_run=dry_run)
        summary = _forecast(grace) if dry_run or refusal else _mark()
        if refusal is None:
            refusal = _refusal(lambda: _refuse(**options))
        if refusal is not None:
            self.complain(str(refusal))
            summary["purged"] = summary["purged_bytes"] = 0
        elif not dry_run:
            summary += self._delete(grace, options["jobs"])
        report = {
            "expired": expired,
            **{name: summary[name] for name in ("condemned", "absolved", "purged", "purged_bytes", "postponed")},
            "skipped": summary["skipped"],
            "temporary_files": stale_files.remove_stale_files(dry_run=dry_run),
            "refused": int(refusal is not None),
            "failed": int(refusal is not None) + summary["postponed"],
            **reports.totals(),
        }
        if not dry_run:
            reports.keep(reports.COLLECT, report, [] if refusal is None else [{"sentence": str(refusal)}])
        return report

    def _delete(self, grace: timedelta, jobs: int) -> Counter[str]:
        counts: Counter[str] = Counter()
        in_a_row = 0
        total = collect.expired_tombstones().count() + collect.purgeable(grace).count()
        laid = chain(_renewed(), _laid(grace))
        for size, outcome in self.progress(collect.sweep(laid, jobs), total, "Deleting"):
            counts[outcome] += 1
            counts["purged_bytes"] += size if outcome is Outcome.PURGED else 0
            in_a_row = in_a_row + 1 if outcome is Outcome.POSTPONED else 0
            if in_a_row == _MAX_POSTPONED:
                self.complain("The store does not answer; the rest is left to the next run.")
                break
        return counts


def _mark() -> Counter[str]:
    return Counter(condemned=sum(collect.mark_unused()), absolved=sum(collect.unmark_used()))


def _forecast(grace: timedelta) -> Counter[str]:
    """What a run would do now, if nobody else did anything."""
    doomed = references.unused(collect.purgeable(grace)).aggregate(count=Count("pk"), size=Sum("size", default=0))
    return Counter(
        condemned=collect.unmarked_unused().count(),
        absolved=collect.marked_used().count(),
        purged=doomed["count"] + collect.expired_tombstones().count(),
        purged_bytes=doomed["size"],
    )


def _refuse(*, grace: timedelta, max_blobs: int, max_percent: int, force: bool, **_: Any) -> None:
    """Raise CollectionRefusedError when nothing may be deleted now."""
    limits.refuse_open_findings()
    if not force:
        limits.refuse_too_many(grace, limits.Cap(max_blobs, max_percent))


def _refusal(refuse: Callable[[], None]) -> Exception | None:
    """What the function raises, if it refuses."""
    try:
        refuse()
    except CollectionRefusedError as refusal:
        return refusal
    return None


def _renewed() -> Iterator[tuple[int, Tombstone | Outcome]]:
    """The expired tombstones, taken over one by one. Nobody knows their sizes."""
    for batch in in_batches(collect.expired_tombstones(), _READ_ROWS):
        for purge in batch:
            yield 0, collect.renew_tombstone(purge.pk) or Outcome.SKIPPED


def _laid(grace: timedelta) -> Iterator[tuple[int, Tombstone | Outcome]]:
    """The purgeable blobs, by their sizes, with tombstones in their places."""
    for batch in in_batches(collect.purgeable(grace), collect.TOGETHER):
        sizes = {blob.pk: blob.size for blob in batch}
        for digest, laid in collect.lay_tombstones(list(sizes), grace).items():
            yield sizes[digest], laid
