"""What the project's commands have in common: a dry run, progress, a summary, an honest exit code."""

import json
import sys
import time
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from tqdm import tqdm

from core.errors import InventoryError, cause_of

Item = TypeVar("Item")


def refuse_unfinished_migrations() -> None:
    """Raise CommandError while a migration is not applied.

    Some tables or columns are not there then; and what only an older schema refers to would look like garbage.
    """
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        raise CommandError(f"The migration {plan[0][0]} is not applied. Run manage.py migrate first.")


class ReportingCommand(BaseCommand):
    """A command that counts what it does. Exit code 1 when its summary has failures."""

    # Such a command does nothing while a migration is not applied.
    reads_tables = True
    seconds_between_lines = 10.0

    def add_arguments(self, parser: CommandParser) -> None:
        """The options of every such command."""
        parser.add_argument("--dry-run", action="store_true", help="Say what would be done; change nothing.")
        parser.add_argument("--json", action="store_true", help="Print the summary as JSON.")

    @abstractmethod
    def run(self, **options: Any) -> dict[str, int]:
        """Do the work and return the summary; `failed` in it counts what went wrong."""

    def details(self) -> dict[str, Any]:
        """What the JSON has beside the summary, once `run` has returned."""
        return {}

    def handle(self, **options: Any) -> None:
        """Run, print the summary, and end with 1 when something failed."""
        if self.reads_tables:
            refuse_unfinished_migrations()
        try:
            summary = self.run(**options)
        except InventoryError as error:
            raise CommandError(f"{error}{cause_of(error)}") from error
        if options["json"]:
            self.stdout.write(json.dumps(summary | self.details()))
        else:
            self.stdout.write(", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in summary.items()))
        if summary.get("failed"):
            sys.exit(1)

    def progress(self, items: Iterable[Item], total: int, what: str) -> Iterator[Item]:
        """The items, with a bar on a terminal, and a line every ten seconds elsewhere."""
        if sys.stderr.isatty():
            return iter(tqdm(items, total=total, desc=what, unit="", file=sys.stderr))
        return self._progress_in_lines(items, total, what)

    def _progress_in_lines(self, items: Iterable[Item], total: int, what: str) -> Iterator[Item]:
        started = last = time.monotonic()
        for done, item in enumerate(items, 1):
            yield item
            now = time.monotonic()
            if now - last >= self.seconds_between_lines:
                last = now
                rate = done / max(now - started, 1e-6)
                left = tqdm.format_interval(max(total - done, 0) / rate)
                self.stderr.write(f"{what}: {done} of {total}, {rate:.1f}/s, {left} left")

    def say(self, message: str) -> None:
        """A line for people, on stderr: stdout is the summary's."""
        with tqdm.external_write_mode(file=sys.stderr):
            self.stderr.write(message, str)

    def complain(self, message: str) -> None:
        """A line on stderr that does not tear the bar."""
        with tqdm.external_write_mode(file=sys.stderr):
            self.stderr.write(self.style.ERROR(message))
