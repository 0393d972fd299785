"""Delete the oldest thumbnails. They are made again when somebody asks for them."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from typing_extensions import override

from cas.media.thumbnail_pruning import to_prune
from core.arguments import duration
from core.commands import ReportingCommand


class Command(ReportingCommand):
    """Safe at any time, from cron, on several machines."""

    reads_tables = False

    help = "Deletes the oldest thumbnails, by age, by total size, or both. They are made again on demand."

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than", type=duration, metavar="AGE", help="Delete what was made longer ago: 90d, 24h, 30m."
        )
        parser.add_argument(
            "--max-megabytes", type=int, metavar="N", help="Delete the oldest until the rest takes at most so much."
        )
        super().add_arguments(parser)

    def run(self, **options: Any) -> dict[str, int]:
        """Delete one by one: a killed run leaves less to do."""
        older_than, megabytes = options["older_than"], options["max_megabytes"]
        if older_than is None and megabytes is None:
            raise CommandError("Say how much may stay: --older-than, --max-megabytes, or both.")
        if megabytes is not None and megabytes < 0:
            raise CommandError("--max-megabytes must not be negative.")
        going = to_prune(older_than=older_than, max_bytes=None if megabytes is None else megabytes * 1_000_000)
        summary = {"deleted": 0, "bytes": 0, "failed": 0}
        for item in self.progress(going, len(going), "Deleting"):
            try:
                if not options["dry_run"]:
                    item.path.unlink(missing_ok=True)
            except OSError as error:
                summary["failed"] += 1
                self.complain(f"{item.path}: {error.strerror}")
            else:
                summary["deleted"] += 1
                summary["bytes"] += item.size
        return summary
