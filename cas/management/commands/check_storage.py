"""Try what the store can do, and say it in sentences."""

from typing import Any

from cas.protocol.probe import Step, probe
from cas.storage import cas_storage
from core.commands import ReportingCommand


class Command(ReportingCommand):
    """Beside a running server, at any time. It asks no table."""

    help = "Writes, reads, lists and deletes a file of its own in the store, and says what the store can do."
    reads_tables = False

    def run(self, **options: Any) -> dict[str, int]:
        """The number of things that were tried, and of those that the project cannot do without and that failed."""
        self._steps: list[Step] = []
        if options["dry_run"]:
            self.say("A file of 300 kB would be written, looked at, read, listed and deleted.")
        else:
            for step in probe(cas_storage()):
                self._steps.append(step)
                mark = "ok" if step.worked else "FAILED" if step.is_needed else "note"
                self.say(f"{mark:6} {step.sentence}")
        failed = [step for step in self._steps if step.is_needed and not step.worked]
        return {"tried": len(self._steps), "failed": len(failed)}

    def details(self) -> dict[str, Any]:
        """What was found, by step."""
        return {"steps": [vars(step) for step in self._steps]}
