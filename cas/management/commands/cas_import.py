"""Put the files of a folder into the content store, so that `loaddata` can refer to them by their SHA-256."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from typing_extensions import override

from cas.protocol import attach
from cas.storage import cas_storage
from cas.storage.staging import CHUNK_BYTES, stage_chunks
from core.commands import ReportingCommand
from core.errors import InventoryError, cause_of


class Command(ReportingCommand):
    """Equal files are stored once; running it again changes nothing."""

    help = (
        "Puts every file below a folder into the content store. What no row refers to within the collector's grace "
        "is collected again."
    )

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        super().add_arguments(parser)

    def run(self, **options: Any) -> dict[str, int]:
        """Import each file by itself: a bad one does not stop the others."""
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        summary = {"stored": 0, "already_there": 0, "failed": 0}
        for path in self.progress(files, len(files), "Importing"):
            try:
                summary[self._import(path, dry_run=options["dry_run"])] += 1
            except (InventoryError, OSError) as error:
                summary["failed"] += 1
                sentence = str(error) if isinstance(error, InventoryError) else "It cannot be read."
                self.complain(f"{path}: {sentence}{cause_of(error)}")
        return summary

    def _import(self, path: Path, *, dry_run: bool) -> str:
        storage = cas_storage()
        with path.open("rb") as file:
            staged = stage_chunks(storage.staging_dir, iter(lambda: file.read(CHUNK_BYTES), b""))
        try:
            is_new = storage.stat(staged.digest) is None if dry_run else attach.import_content(staged)
        finally:
            staged.close()
        return "stored" if is_new else "already_there"
