"""Take a backup of the whole site into a folder or bucket."""

from typing import Any

from django.core.management.base import CommandParser
from typing_extensions import override

from backups import taking
from backups.places import place
from core.arguments import job_count, whole_number
from core.commands import ReportingCommand


class Command(ReportingCommand):
    """May run beside the server and all other commands, and be killed at any moment."""

    help = (
        "Backs up the database, the contents that it needs and the keys. Only contents that the backup does not hold "
        "are copied. Old backups are deleted with what no other one needs."
    )

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("place", metavar="FOLDER_OR_BUCKET", help="A folder, or s3://BUCKET.")
        parser.add_argument(
            "--keep",
            type=whole_number(1),
            default=14,
            metavar="N",
            help="Keep so many backups; older ones are deleted.",
        )
        parser.add_argument(
            "--deep", action="store_true", help="Hash what the backup holds already, and copy again what is damaged."
        )
        parser.add_argument("--without-keys", action="store_true", help="Leave the secret keys out.")
        parser.add_argument(
            "--bind",
            action="store_true",
            help="Begin a new place, or go on with that of another database that this one has replaced.",
        )
        parser.add_argument("--jobs", type=job_count, default=4, metavar="N", help="Copy so many contents at a time.")
        super().add_arguments(parser)

    def run(self, **options: Any) -> dict[str, int]:
        """Take it, or say what would be copied."""
        where = place(options["place"])
        if options["dry_run"]:
            return taking.forecast(where)
        return taking.take(
            where,
            self,
            taking.Options(
                jobs=options["jobs"],
                keep=options["keep"],
                deep=options["deep"],
                with_keys=not options["without_keys"],
                bind=options["bind"],
            ),
        )
