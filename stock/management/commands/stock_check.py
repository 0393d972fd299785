"""`manage.py stock_check`."""

from collections import Counter
from typing import Any

from django.db import connection, transaction

from core.commands import ReportingCommand
from stock.findings import NAMED, Finding, findings


class Command(ReportingCommand):
    """It only looks: nothing repairs itself in silence."""

    help = "Proves that stock, ledger and boxes agree. Names what does not, and ends with 1 then."

    found: list[Finding]

    def run(self, **options: Any) -> dict[str, int]:
        """Look at everything in one snapshot, so that changes meanwhile are no contradictions."""
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            self.found = list(findings())
        counts = Counter(finding.invariant for finding in self.found)
        named: Counter[str] = Counter()
        for finding in self.found:
            named[finding.invariant] += 1
            if named[finding.invariant] <= NAMED:
                self.complain(f"{finding.invariant}: {finding.sentence}")
        for invariant, count in counts.items():
            if count > NAMED:
                self.complain(f"{invariant}: and {count - NAMED} more.")
        return {"failed": len(self.found)}

    def details(self) -> dict[str, Any]:
        """The findings themselves."""
        return {"findings": [{"invariant": one.invariant, "sentence": one.sentence} for one in self.found]}
