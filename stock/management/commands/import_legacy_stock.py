"""`manage.py import_legacy_stock`."""

from typing import Any

from typing_extensions import override

from core.commands import ReportingCommand
from stock.legacy import LegacyStockError, take_over


class Command(ReportingCommand):
    """Run once, after `migrate`, in the database in which the old system has its tables."""

    help = "Takes over boxes, places and quantities from the tables of the old system. All of it, or nothing."

    @override
    def run(self, **options: Any) -> dict[str, int]:
        try:
            return take_over(dry_run=options["dry_run"])
        except LegacyStockError as error:
            for fault in error.faults:
                self.complain(fault)
            raise
