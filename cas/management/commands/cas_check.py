"""Look whether the store holds what the rows say."""

from argparse import ArgumentTypeError
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models.functions import Now
from typing_extensions import override

from cas.audit import compare, findings, rehash, reports
from cas.audit.findings import Finding, Kind, Severity
from cas.models import Blob, Purge
from cas.protocol import adopt, binding
from core.arguments import duration, job_count
from core.commands import ReportingCommand
from core.numbers import whole_number

# The report shows that many of each kind; the summary counts all of them.
_SHOWN = 100
_ADOPTED = "It had no row; the collector has it now."


class Command(ReportingCommand):
    """May run at any time, beside uploads and the collector, and be stopped at any moment."""

    help = (
        "Compares the rows with the listing of the store: what is missing, what has another length, what has no row. "
        "With --deep contents are read and hashed."
    )

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--deep", action="store_true", help="Read and hash every content. Goes on where a stopped run ended."
        )
        parser.add_argument(
            "--sample", type=_sample, metavar="5%", help="Hash only so many contents, or so many percent of them."
        )
        parser.add_argument("--since", type=duration, metavar="30d", help="Hash only what was not hashed in this time.")
        parser.add_argument("--jobs", type=job_count, default=4, metavar="N", help="Hash so many contents at a time.")
        parser.add_argument(
            "--adopt", action="store_true", help="Hand objects without a row, older than an hour, to the collector."
        )
        super().add_arguments(parser)

    def run(self, **options: Any) -> dict[str, int]:
        """Look at everything and keep a report; a run that fails half-way leaves the last report as it is."""
        if not options["deep"] and (options["sample"] or options["since"]):
            raise CommandError("--sample and --since need --deep.")
        if options["adopt"]:
            # What another database knows would look like an orphan.
            binding.require()
        self._shown: dict[Kind, list[dict[str, Any]]] = defaultdict(list)
        self._verbosity: int = options["verbosity"]
        counts: Counter[str] = Counter()
        comparison = compare.Comparison(lambda rows: self.progress(rows, Blob.objects.count(), "Comparing"))
        hashing = rehash.Rehash(jobs=options["jobs"], keep_notes=not options["dry_run"])
        bytes_ = self._hashed(hashing, **options) if options["deep"] else compare.known_damage()
        for finding in chain(comparison.findings(), compare.tombstone_findings(), findings.further_findings(), bytes_):
            counts[finding.kind] += 1
            counts[finding.severity] += 1
            is_adopted = (
                options["adopt"]
                and finding.kind is Kind.ADOPTABLE
                and (options["dry_run"] or adopt.adopt(finding.subject))
            )
            counts["adopted"] += is_adopted
            self._show(replace(finding, sentence=_ADOPTED) if is_adopted else finding)
        summary = {
            "objects": comparison.objects,
            "hashed": hashing.hashed,
            "hashed_bytes": hashing.hashed_bytes,
            **{kind: counts[kind] for kind in Kind},
            "adopted": counts["adopted"],
            "being_deleted": Purge.objects.count(),
            "critical": counts[Severity.CRITICAL],
            "warnings": counts[Severity.WARNING],
            "failed": counts[Severity.CRITICAL] + counts[Severity.WARNING],
            **reports.totals(),
            "shared_bytes": reports.shared_bytes(),
        }
        if not options["dry_run"]:
            reports.keep(reports.CHECK, summary, self.details()["findings"])
        return summary

    def details(self) -> dict[str, Any]:
        """The findings, of each kind the first."""
        return {"findings": [finding for kind in Kind for finding in self._shown[kind]]}

    def _hashed(self, hashing: rehash.Rehash, **options: Any) -> Iterator[Finding]:
        """What hashing finds. Without --sample and --since it is remembered how far it got."""
        everything = not (options["sample"] or options["since"] or options["dry_run"])
        moment = Now() - options["since"] if options["since"] else reports.begin_deep_check() if everything else None
        due = rehash.due(moment)
        total = due.count()
        digests: Iterable[str] = rehash.in_order(due)
        if options["sample"]:
            total = options["sample"].of(total)
            digests = rehash.sampled(due, total)
        yield from hashing.findings(self.progress(digests, total, "Hashing"))
        if everything:
            reports.end_deep_check()

    def _show(self, finding: Finding) -> None:
        shown = self._shown[finding.kind]
        if len(shown) < _SHOWN:
            shown.append(finding.as_json())
        if finding.severity is not Severity.INFORMATION or self._verbosity > 1:
            self.complain(str(finding))


class Sample:
    """A part of the contents: `5%`, or `200`."""

    def __init__(self, number: int, *, is_percent: bool) -> None:
        self._number = number
        self._is_percent = is_percent

    def of(self, total: int) -> int:
        """How many that is; of a few contents one at least."""
        return -(-total * self._number // 100) if self._is_percent else self._number


def _sample(text: str) -> Sample:
    number = whole_number(text.removesuffix("%"), 1)
    if number is None:
        raise ArgumentTypeError(f"{text!r} is no sample. Write a number, or one with a percent sign.")
    return Sample(number, is_percent=text.endswith("%"))
