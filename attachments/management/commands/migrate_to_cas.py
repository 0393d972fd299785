"""Move the content of attachments from the old store into the content store, and delete the old objects, or go back."""

import sys
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import connection
from typing_extensions import override

from attachments.legacy import rows
from attachments.legacy.cleanup import clean_up
from attachments.legacy.copying import migrate
from attachments.legacy.processes import ProcessDiedError
from attachments.legacy.progress import Progress, StoppedError, quiet
from attachments.legacy.revert import revert
from attachments.legacy.workers import WorkerPool
from cas.protocol import binding
from core.arguments import whole_number
from core.commands import ReportingCommand

DEFAULT_WORKERS = 4
MAX_WORKERS = 32
_INTERRUPTED = 130


class Command(ReportingCommand):
    """Safe to stop and to run again, also twice at once."""

    help = (
        "Copies the content of attachments from the old store into the content store, while the site is in use. Old "
        "objects stay until --delete-old-objects. See docs/migrating.md."
    )

    @override
    def add_arguments(self, parser: CommandParser) -> None:
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
            type=whole_number(1, MAX_WORKERS),
            default=DEFAULT_WORKERS,
            help=f"How many files at a time ({DEFAULT_WORKERS}).",
        )
        parser.add_argument(
            "--processes",
            type=whole_number(1, MAX_WORKERS),
            default=1,
            help="In how many processes (1). One uses hardly more than one processor. Not with SQLite.",
        )
        parser.add_argument("--limit", type=whole_number(1), help="Try so many attachments, then stop.")
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
        pool = _worker_pool(options)
        deletes = not options["revert"] and (options["delete_old_objects"] or settings.CAS_MIGRATION_DELETE_OLD_OBJECTS)
        if options["forget_missing"] and not deletes:
            raise CommandError("--forget-missing needs --delete-old-objects.")
        if not (options["dry_run"] or options["revert"]):
            binding.require()
        if not (options["dry_run"] or options["yes_i_am_sure"]):
            self._ask(deletes=deletes, options=options)
        progress = Progress(self)
        try:
            with nullcontext() if options["verbosity"] > 1 else quiet():
                self._work(progress, pool, deletes=deletes, options=options)
        except StoppedError as error:
            self.complain(f"Stopped. {error}")
            self.exit_code = 1
        except ProcessDiedError:
            self.complain("Stopped. One of the processes ended. Run it again to go on.")
            self.exit_code = 1
        except KeyboardInterrupt:
            self.complain("Stopped. Run it again to go on.")
            self.exit_code = _INTERRUPTED
        return progress.summary()

    def _work(self, progress: Progress, pool: WorkerPool, *, deletes: bool, options: dict[str, Any]) -> None:
        dry_run = options["dry_run"]
        if options["revert"]:
            revert(progress, pool, verify=options["verify"], dry_run=dry_run)
            return
        migrate(progress, pool, limit=options["limit"], retry_failed=options["retry_failed"], dry_run=dry_run)
        passed_over = progress.summary()["passed_over"]
        if passed_over:
            self.say(f"{passed_over} attachments were missing in an earlier run; --retry-failed looks again.")
        if deletes:
            forget_missing = options["forget_missing"]
            clean_up(progress, pool, verify=options["verify"], forget_missing=forget_missing, dry_run=dry_run)
            gone = progress.summary()["already_gone"]
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


def _worker_pool(options: dict[str, Any]) -> WorkerPool:
    workers, processes = options["workers"], options["processes"]
    if processes > workers:
        raise CommandError(f"{workers} workers are too few for {processes} processes.")
    if processes > 1 and connection.vendor == "sqlite":
        raise CommandError("SQLite takes one write at a time: several processes would only wait for each other.")
    return WorkerPool(workers, processes)
