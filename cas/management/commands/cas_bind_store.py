"""Say that the store belongs to this database: after a restore, a move, or an upgrade of the database server."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from cas.models import Blob
from cas.protocol import binding
from cas.protocol.binding import State
from core.commands import ReportingCommand

_FOUND = {
    State.OURS: "The store is bound to this database already.",
    State.ELSEWHERE: (
        "The store is bound to another database. If that one is still in use, it loses its store: its uploads and its "
        "collector are refused from now on, and the collector of this database deletes what only the other one needs."
    ),
    State.MISSING: "The store is bound to no database.",
}


class Command(ReportingCommand):
    """Stop everything else that uses the store before."""

    help = (
        "Binds the store to this database, whatever it was bound to. Until then uploads, cas_gc and cas_check --adopt "
        "are refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether to ask."""
        parser.add_argument("--yes-i-am-sure", action="store_true", help="Do not ask.")
        super().add_arguments(parser)

    def run(self, **options: Any) -> dict[str, int]:
        """Say how well store and database fit, ask, and bind."""
        found = binding.state()
        names = binding.sample()
        summary = {
            "contents_in_the_database": Blob.objects.count(),
            "looked_at_in_the_store": len(names),
            "unknown_to_the_database": len(names) - Blob.objects.filter(pk__in=names).count(),
            "bound": 0,
        }
        self.say(
            f"{_FOUND[found]} Contents in the database: {summary['contents_in_the_database']}. Of the first "
            f"{len(names)} contents in the store the database does not know {summary['unknown_to_the_database']}."
        )
        if found is State.OURS or options["dry_run"]:
            return summary
        if not options["yes_i_am_sure"]:
            _ask()
        binding.bind(replace=True)
        return summary | {"bound": 1}


def _ask() -> None:
    try:
        answer = input("Type yes to bind the store to this database: ")
    except EOFError:
        raise CommandError("Nobody answers. Say --yes-i-am-sure.") from None
    if answer.strip().lower() != "yes":
        raise CommandError("Nothing was done.")
