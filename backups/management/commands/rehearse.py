"""Restore the newest backup as another site, look whether everything is there, and remove that site."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from typing_extensions import override

from backups.places import place
from backups.rehearsing import Rehearsal
from core.arguments import job_count
from core.commands import ReportingCommand


class Command(ReportingCommand):
    """Changes neither the site nor the backup. May be killed at any moment: the next one tidies up."""

    help = (
        "Restores the newest backup into a throw-away database and store, hashes everything, reports what is lost, and "
        "removes both again."
    )

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("place", metavar="FOLDER_OR_BUCKET", help="A folder, or s3://BUCKET.")
        parser.add_argument("--backup", metavar="NAME", help="Which backup; without it the newest.")
        parser.add_argument(
            "--scratch",
            type=Path,
            default=settings.DATA_DIR / "rehearsal",
            metavar="FOLDER",
            help="Where to restore it. It must not be there yet, and needs as much room as the site.",
        )
        parser.add_argument(
            "--database-url",
            metavar="URL",
            help="With PostgreSQL: where to make the throw-away database; without it, on the site's own server.",
        )
        parser.add_argument("--jobs", type=job_count, default=4, metavar="N", help="Copy so many contents at a time.")
        super().add_arguments(parser)

    def run(self, **options: Any) -> dict[str, int]:
        """Rehearse, or with --dry-run say which backup it would be."""
        where = place(options["place"])
        self._rehearsal = Rehearsal(where, self, jobs=options["jobs"])
        if options["dry_run"]:
            self._rehearsal.name, manifest = where.chosen(options["backup"])
            return {"contents": manifest.contents, "content_bytes": manifest.content_bytes}
        return self._rehearsal.run(options["scratch"].resolve(), options["backup"], options["database_url"])

    def details(self) -> dict[str, Any]:
        """Which backup it was, and what of it is lost."""
        return {"backup": self._rehearsal.name, "findings": self._rehearsal.findings}
