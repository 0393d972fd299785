"""Restore a backup into an empty database and a store of its own."""

from typing import Any

from django.core.management.base import CommandParser
from typing_extensions import override

from backups.places import place
from backups.restoring import Options, Restore
from core.arguments import job_count
from core.commands import ReportingCommand


class Command(ReportingCommand):
    """Nothing else may use this installation meanwhile."""

    help = (
        "Restores a backup of this or an earlier release: contents, database and keys, then migrates. It never "
        "overwrites: a database with tables is refused, and a store that belongs to another database too."
    )
    reads_tables = False

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("place", metavar="FOLDER_OR_BUCKET", help="A folder, or s3://BUCKET.")
        parser.add_argument("--backup", metavar="NAME", help="Which backup; without it the newest.")
        parser.add_argument(
            "--contents-only",
            action="store_true",
            help="The database is well: only bring contents that the store has lost.",
        )
        parser.add_argument(
            "--bind-store",
            action="store_true",
            help="Take over a store that has contents, or belongs to a database that is gone for good.",
        )
        parser.add_argument(
            "--without-keys", action="store_true", help="Leave the keys of this environment as they are."
        )
        parser.add_argument(
            "--check", action="store_true", help="Hash everything that was restored (cas_check --deep)."
        )
        parser.add_argument("--jobs", type=job_count, default=4, metavar="N", help="Copy so many contents at a time.")
        super().add_arguments(parser)

    def run(self, **options: Any) -> dict[str, int]:
        """Restore it, or with --dry-run say whether that could begin."""
        self._restore = Restore(
            place(options["place"]),
            self,
            Options(
                name=options["backup"],
                jobs=options["jobs"],
                contents_only=options["contents_only"],
                bind_store=options["bind_store"],
                with_keys=not options["without_keys"],
                check=options["check"],
                dry_run=options["dry_run"],
            ),
        )
        return self._restore.run()

    def details(self) -> dict[str, Any]:
        """Which backup it was, and what of it is lost."""
        return {"backup": self._restore.name, "findings": self._restore.findings}
