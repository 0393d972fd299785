"""Move the content of attachments from the old store into the content store, and delete the old objects, or go back."""

import re
import signal
import sys
import threading
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from typing_extensions import override

from attachments.legacy import rows
from attachments.legacy.cleanup import clean_up
from attachments.legacy.copying import migrate
from attachments.legacy.revert import revert
from attachments.legacy.rows import Shard
from attachments.legacy.runs import Outcome, Run, StoppedError, quiet
from cas.protocol import binding
from core.arguments import whole_number
from core.commands import ReportingCommand
from core.search.rebuild import rebuild

DEFAULT_WORKERS = 4
MAX_WORKERS = 32
MAX_SHARDS = 32
_INTERRUPTED = 130


class Command(ReportingCommand):
    """Safe to stop and to run again, also twice at once."""

    help = (
        "Copies the content of attachments from the old store into the content store, while the site is in use. Old "
        "objects stay until --delete-old-objects. See docs/legacy/files.md."
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
            "--shard",
            type=_shard,
            default=Shard(),
            metavar="I/N",
            help="Only this part of the work: 1/2 here and 2/2 in a second shell keep two processors busy.",
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
        deletes = not options["revert"] and (options["delete_old_objects"] or settings.CAS_MIGRATION_DELETE_OLD_OBJECTS)
        if options["forget_missing"] and not deletes:
            raise CommandError("--forget-missing needs --delete-old-objects.")
        if not (options["dry_run"] or options["revert"]):
            binding.require()
        if not (options["dry_run"] or options["yes_i_am_sure"]):
            self._ask(deletes=deletes, options=options)
        self._summary: Counter[str] = Counter()
        run = Run(workers=options["workers"], shard=options["shard"], dry_run=options["dry_run"])
        try:
            with nullcontext() if options["verbosity"] > 1 else quiet(), self._ctrl_c_stops(run):
                if options["revert"]:
                    self._revert(run, options)
                else:
                    self._migrate(run, options)
                if deletes:
                    self._clean_up(run, options)
                if not options["dry_run"]:
                    # Files are found by their SHA-256, too.
                    rebuild()
        except StoppedError as error:
            self.complain(f"Stopped. {error}")
            self.exit_code = self.exit_code or 1
        return dict(self._summary)

    def _ask(self, *, deletes: bool, options: dict[str, Any]) -> None:
        shard = options["shard"]
        if options["revert"]:
            what = f"{shard.rows(rows.migrated()).count()} attachments go back to their old objects."
        else:
            count = shard.rows(rows.to_migrate(retry_failed=options["retry_failed"])).count()
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
        except KeyboardInterrupt:
            raise CommandError("Nothing was done.") from None
        if answer.strip().lower() != "yes":
            raise CommandError("Nothing was done.")

    @contextmanager
    def _ctrl_c_stops(self, run: Run) -> Iterator[None]:
        """Let Ctrl-C end the run in good order. A second one kills it, which does no harm either."""

        def stop(*_: object) -> None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            self.exit_code = _INTERRUPTED
            run.stop("Run it again to go on.")

        # Only the main thread may have handlers, and only it gets signals.
        is_main = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGINT, stop) if is_main else None
        try:
            yield
        finally:
            if is_main:
                signal.signal(signal.SIGINT, before)

    def _migrate(self, run: Run, options: dict[str, Any]) -> None:
        retry_failed, limit = options["retry_failed"], options["limit"]
        total = run.shard.rows(rows.to_migrate(retry_failed=retry_failed)).count()
        passed_over = run.shard.rows(rows.unmigrated()).count() - total
        self._summary.update(
            migrated=0,
            already_there=run.shard.rows(rows.migrated()).count(),
            deduplicated=0,
            bytes_saved=0,
            deleted_meanwhile=0,
            passed_over=passed_over,
            failed=0,
        )
        outcomes = migrate(run, limit=limit, retry_failed=retry_failed)
        self._count(outcomes, min(total, limit or total), "Looking" if run.dry_run else "Migrating")
        if passed_over:
            self.say(f"{passed_over} attachments were missing in an earlier run; --retry-failed looks again.")

    def _clean_up(self, run: Run, options: dict[str, Any]) -> None:
        forget_missing = options["forget_missing"]
        self._summary.update(objects_deleted=0, already_gone=0, keys_cleared=0, healed=0)
        total = rows.migrated().values("legacy_key").distinct().count() // run.shard.count
        outcomes = clean_up(run, verify=options["verify"], forget_missing=forget_missing)
        self._count(outcomes, total, "Looking" if run.dry_run else "Deleting")
        gone = self._summary["already_gone"]
        if gone and not forget_missing:
            self.complain(
                f"{gone} old objects are not there; their attachments keep the keys. Look whether this is the "
                "right old store. When they are really gone, --forget-missing clears the keys."
            )
        self.say(
            "What is left under the old prefix belonged to attachments that were deleted earlier. "
            "docs/legacy/files.md shows how to list and remove it."
        )

    def _revert(self, run: Run, options: dict[str, Any]) -> None:
        self._summary.update(reverted=0, kept=0, failed=0)
        total = run.shard.rows(rows.migrated()).count()
        self._count(revert(run, verify=options["verify"]), total, "Reverting")

    def _count(self, outcomes: Iterator[Outcome[Any]], total: int, what: str) -> None:
        for outcome in self.progress(outcomes, total, what):
            self._summary.update(outcome.counts)
            if outcome.complaint:
                self.complain(outcome.complaint)


def _shard(text: str) -> Shard:
    match = re.fullmatch(r"(\d{1,3})/(\d{1,3})", text, re.ASCII)
    if match is None or not 1 <= int(match[1]) <= int(match[2]) <= MAX_SHARDS:
        raise ArgumentTypeError(f"{text!r} is no part like 1/2 or 2/2, of at most {MAX_SHARDS}.")
    return Shard(int(match[1]), int(match[2]))
