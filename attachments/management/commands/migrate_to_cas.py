"""Move the content of attachments from the old store into the content store, and delete the old objects, or go back."""

import sys
from argparse import ArgumentTypeError
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import connection

from attachments.migrating import rows
from attachments.migrating.cleanup import clean_up
from attachments.migrating.crew import Crew
from attachments.migrating.forward import migrate
from attachments.migrating.processes import ProcessDiedError
from attachments.migrating.reporting import StoppedError, Tally, quiet
from attachments.migrating.revert import revert
from cas import binding
from cas.commands import ReportingCommand

DEFAULT_WORKERS = 4
MAX_WORKERS = 32
_INTERRUPTED = 130


class Command(ReportingCommand):
    """Safe to stop and to run again, also twice at once."""

    help = (
        "Copies the content of attachments from the old store into the content store, while the site is in use. Old "
        "objects stay until --delete-old-objects. See docs/migrating.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and how much at a time."""
        super().add_arguments(parser)
        other = parser.add_mutually_exclusive_group()
        other.add_argument(
            "--delete-old-objects",
            action="store_true",
            help="When everything is migrated, delete the old objects too.",
        )
        other.add_argument("--revert", action="store_true", help="Take migrated attachments back to their old keys.")
        parser.add_argument(
            "--workers",
            type=_number_up_to(MAX_WORKERS),
            default=DEFAULT_WORKERS,
            help=f"How many files at a time ({DEFAULT_WORKERS}).",
        )
        parser.add_argument(
            "--processes",
            type=_number_up_to(MAX_WORKERS),
            default=1,
            help="In how many processes (1). One uses hardly more than one processor. Not with SQLite.",
        )
        parser.add_argument("--limit", type=_number_up_to(sys.maxsize), help="Try so many attachments, then stop.")
        parser.add_argument(
            "--retry-failed", action="store_true", help="Also try those that an earlier run found missing."
        )
        parser.add_argument(
            "--verify",
            action="store_true",
            help="Before old objects are deleted, or used again, compare the bytes and not only the lengths.",
        )
        parser.add_argument(
            "--forget-missing",
            action="store_true",
            help="With --delete-old-objects: also forget the keys of old objects that are not there.",
        )
        parser.add_argument("--yes-i-am-sure", action="store_true", help="Do not ask.")

    def handle(self, **options: Any) -> None:
        """Run, print the summary, and end with 1 when something failed or is left to do, 130 after Ctrl-C."""
        self.exit_code = 0
        super().handle(**options)
        if self.exit_code:
            sys.exit(self.exit_code)

    def run(self, **options: Any) -> dict[str, int]:
        """Migrate and clean up, or go back."""
        crew = _crew(options)
        deletes = not options["revert"] and (options["delete_old_objects"] or settings.CAS_MIGRATION_DELETE_OLD_OBJECTS)
        if options["forget_missing"] and not deletes:
            raise CommandError("--forget-missing needs --delete-old-objects.")
        if not (options["dry_run"] or options["revert"]):
            binding.require()
        if not (options["dry_run"] or options["yes_i_am_sure"]):
            self._ask(deletes=deletes, options=options)
        tally = Tally(self)
        try:
            with nullcontext() if options["verbosity"] > 1 else quiet():
                self._work(tally, crew, deletes=deletes, options=options)
        except StoppedError as error:
            self.complain(f"Stopped. {error}")
            self.exit_code = 1
        except ProcessDiedError:
            self.complain("Stopped. One of the processes ended. Run it again to go on.")
            self.exit_code = 1
        except KeyboardInterrupt:
            self.complain("Stopped. Run it again to go on.")
            self.exit_code = _INTERRUPTED
        return tally.summary()

    def _work(self, tally: Tally, crew: Crew, *, deletes: bool, options: dict[str, Any]) -> None:
        dry_run = options["dry_run"]
        if options["revert"]:
            revert(tally, crew, verify=options["verify"], dry_run=dry_run)
            return
        migrate(tally, crew, limit=options["limit"], retry_failed=options["retry_failed"], dry_run=dry_run)
        passed_over = tally.summary()["passed_over"]
        if passed_over:
            self.say(f"{passed_over} attachments were missing in an earlier run; --retry-failed looks again.")
        if deletes:
            forget_missing = options["forget_missing"]
            clean_up(tally, crew, verify=options["verify"], forget_missing=forget_missing, dry_run=dry_run)
            gone = tally.summary()["already_gone"]
            if gone and not forget_missing:
                self.complain(
                    f"{gone} old objects are not there; their attachments keep the keys. Look whether this is the "
                    "right old store. When they are really gone, --forget-missing clears the keys."
                )
            self.say(
                "What is left under the old prefix belonged to attachments that were deleted earlier. "
                "docs/migrating.md shows how to list and remove it."
            )

    def _ask(self, *, deletes: bool, options: dict[str, Any]) -> None:
        if options["revert"]:
            what = f"{rows.migrated().count()} attachments go back to their old objects."
        else:
            count = rows.to_migrate(retry_failed=options["retry_failed"]).count()
            what = f"The content of {count} attachments is copied into the content store."
            if deletes:
                what += " Then the old objects are DELETED."
            if options["forget_missing"]:
                what += " The keys of old objects that are not there are forgotten."
        self.say(what)
        try:
            answer = input("Type yes to go on: ")
        except EOFError:
            raise CommandError("Nobody answers. Say --yes-i-am-sure.") from None
        if answer.strip().lower() != "yes":
            raise CommandError("Nothing was done.")


def _crew(options: dict[str, Any]) -> Crew:
    workers, processes = options["workers"], options["processes"]
    if processes > workers:
        raise CommandError(f"{workers} workers are too few for {processes} processes.")
    if processes > 1 and connection.vendor == "sqlite":
        raise CommandError("SQLite takes one write at a time: several processes would only wait for each other.")
    return Crew(workers, processes)


def _number_up_to(highest: int) -> Any:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= highest):
            raise ArgumentTypeError(f"must be a whole number from 1 to {highest}, not {text!r}")
        return int(text)

    return parse
