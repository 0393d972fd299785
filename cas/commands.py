"""What the project's commands have in common: a dry run, progress, a summary, an honest exit code."""

import json
import sys
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

Item = TypeVar("Item")


class ReportingCommand(BaseCommand):
    """A command that counts what it does. Exit code 1 when its summary has failures."""

    def add_arguments(self, parser: CommandParser) -> None:
        """The options of every such command."""
        parser.add_argument("--dry-run", action="store_true", help="Say what would be done; change nothing.")
        parser.add_argument("--json", action="store_true", help="Print the summary as JSON.")

    @abstractmethod
    def run(self, **options: Any) -> dict[str, int]:
        """Do the work and return the summary; `failed` in it counts what went wrong."""

    def handle(self, **options: Any) -> None:
        """Run, print the summary, and end with 1 when something failed."""
        summary = self.run(**options)
        if options["json"]:
            self.stdout.write(json.dumps(summary))
        else:
            self.stdout.write(", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in summary.items()))
        if summary.get("failed"):
            sys.exit(1)

    def progress(self, items: Iterable[Item], total: int, what: str) -> Iterator[Item]:
        """The items, with a bar on a terminal."""
        return iter(tqdm(items, total=total, desc=what, unit="", disable=None, file=sys.stderr))

    def complain(self, message: str) -> None:
        """A line on stderr that does not tear the bar."""
        with tqdm.external_write_mode(file=sys.stderr):
            self.stderr.write(self.style.ERROR(message))
