"""`manage.py rebuild_search`."""

from math import ceil
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import connection
from typing_extensions import override

from core.commands import ReportingCommand
from core.search import tables
from core.search.index import BATCH, compare
from core.search.kinds import kinds


class Command(ReportingCommand):
    """May run while people work, and again: what is right already is only read."""

    help = "Puts the index of the search right. What a run that was stopped has done is not done again."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--kind", choices=[kind.name for kind in kinds()], help="Only of this kind.")
        parser.add_argument("--after", type=int, default=0, help="With --kind: only rows with a larger number.")

    @override
    def run(self, **options: Any) -> dict[str, int]:
        if options["after"] and not options["kind"]:
            raise CommandError("--after needs --kind.")
        if not options["dry_run"]:
            tables.ensure_index(connection)
        summary = {"rows": 0, "written": 0, "removed": 0}
        for kind in kinds():
            if options["kind"] not in {None, kind.name}:
                continue
            batches = compare(kind, after=options["after"], repair=not options["dry_run"])
            total = ceil((kind.model._default_manager.filter(pk__gt=options["after"]).count() + 1) / BATCH)
            for batch in self.progress(batches, total, f"{kind.name}, batches of {BATCH}"):
                summary["rows"] += batch.rows
                summary["written"] += len(batch.wrong)
                summary["removed"] += len(batch.left)
        return summary
