"""The last report of each command: kept in a row, so that nobody counts a million blobs to show a figure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import Now

from cas import references
from cas.models import Blob, CommandReport

COLLECT = "cas_gc"
CHECK = "cas_check"
# Its row is there while a check of all bytes is under way, and stays when that is stopped.
DEEP_CHECK = "cas_check --deep"


def keep(command: str, summary: dict[str, int], findings: Sequence[dict[str, Any]] = ()) -> None:
    """Replace the last report of the command."""
    report = {"finished_at": Now(), "summary": summary, "findings": list(findings)}
    CommandReport.objects.update_or_create(command=command, defaults=report)


def last(command: str) -> CommandReport | None:
    """What the command said when it ended last. Its findings, which may be many, are read when somebody asks."""
    return CommandReport.objects.defer("findings").filter(command=command, finished_at__isnull=False).first()


def others() -> list[CommandReport]:
    """The last reports of commands of other apps, by their names."""
    reports = CommandReport.objects.defer("findings").filter(finished_at__isnull=False)
    return list(reports.exclude(command__in=[COLLECT, CHECK]).order_by("command"))


def state(check: CommandReport) -> str:
    """How the last check ended, in a word: ok, warnings or critical."""
    if check.summary.get("critical"):
        return "critical"
    return "warnings" if check.summary.get("warnings") else "ok"


def open_critical_findings() -> int:
    """How many critical findings the last check had; none without a check."""
    report = last(CHECK)
    return 0 if report is None else int(report.summary.get("critical", 0))


def begin_deep_check() -> datetime:
    """When the check of all bytes began that is under way: now, or when one that was stopped began."""
    return CommandReport.objects.get_or_create(command=DEEP_CHECK)[0].started_at


def end_deep_check() -> None:
    """Forget the check of all bytes, so that the next one begins anew."""
    CommandReport.objects.filter(command=DEEP_CHECK).delete()


def totals() -> dict[str, int]:
    """How many blobs there are and how many wait for their deletion, with their bytes."""
    # What was imported is marked from the start, and used long before the next collection unmarks it.
    waiting = references.unused(Blob.objects.filter(condemned_at__isnull=False))
    return {
        **Blob.objects.aggregate(blobs=Count("pk"), bytes=Sum("size", default=0)),
        **waiting.aggregate(waiting=Count("pk"), waiting_bytes=Sum("size", default=0)),
    }


def shared_bytes() -> int:
    """The bytes that are saved because rows share them. Takes some seconds for a million blobs."""
    unused = Blob.objects.filter(pk__in=references.unused_digests())
    stored, wasted = (int(blobs.aggregate(bytes=Sum("size", default=0))["bytes"]) for blobs in (Blob.objects, unused))
    return _referred_bytes() - (stored - wasted)


def newest(reports: Iterable[CommandReport]) -> CommandReport | None:
    """The last one of the collector or the checker: both count the blobs."""
    counted = [report for report in reports if report.command in {COLLECT, CHECK} and report.finished_at is not None]
    return max(counted, key=attrgetter("finished_at"), default=None)


def _referred_bytes() -> int:
    """What the store would hold if every reference had bytes of its own."""
    sizes = (
        relation.related_model._base_manager.aggregate(bytes=Sum(f"{relation.field.name}__size", default=0))["bytes"]
        for relation in references.relations()
    )
    return sum(sizes)
