"""Commands that tell in JSON what they did."""

import json
from io import StringIO
from typing import Any

from django.core.management import call_command


class Run:
    """One run of a command with `--json`: its exit code, what it told, and what it wrote to stderr."""

    def __init__(self, command: str, *options: str) -> None:
        output, errors = StringIO(), StringIO()
        self.code = 0
        try:
            call_command(command, "--json", *options, stdout=output, stderr=errors)
        except SystemExit as end:
            self.code = int(end.code or 0)
        self.summary: dict[str, Any] = json.loads(output.getvalue())
        self.found = [finding["kind"] for finding in self.summary.get("findings", ())]
        self.errors = errors.getvalue()

    def numbers(self, *names: str) -> tuple[int, ...]:
        """These figures of what it told."""
        return tuple(self.summary[name] for name in names)
