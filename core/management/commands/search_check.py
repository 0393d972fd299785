"""`manage.py search_check`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from typing_extensions import override

from core.commands import ReportingCommand
from core.search import tables
from core.search.index import compare
from core.search.kinds import kinds

_NAMED = 20


@contextmanager
def _snapshot() -> Iterator[None]:
    """On PostgreSQL the same state all along, so that changes meanwhile are no contradictions.

    On SQLite a batch is one state. A transaction around all of them would keep everybody from writing.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


class Command(ReportingCommand):
    """It only looks: `rebuild_search` puts right what it finds."""

    help = "Proves that the index of the search and the rows agree. Names what does not, and ends with 1 then."

    @override
    def run(self, **options: Any) -> dict[str, int]:
        summary = {"rows": 0, "failed": 0}
        with _snapshot():
            if fault := tables.fault(connection):
                self.complain(fault)
                summary["failed"] += 1
            for kind in kinds():
                for batch in compare(kind, repair=False):
                    summary["rows"] += batch.rows
                    self._name(kind.name, [*batch.wrong], [*batch.left], summary["failed"])
                    summary["failed"] += batch.differences
        return summary

    def _name(self, kind: str, wrong: list[tuple[int, str]], left: list[int], named: int) -> None:
        sentences = [f"{kind} {pk} {source}".strip() + " is not found by its text." for pk, source in wrong]
        sentences += [f"Entry {pk} of {kind} belongs to nothing." for pk in left]
        for sentence in sentences[: max(0, _NAMED - named)]:
            self.complain(sentence)
