"""Which proofs run where: row locks are PostgreSQL's alone."""

import os
from typing import Any

from tests.backends import is_embedded
from tests.protocol.counts import FIGURES

collect_ignore = ["interleavings"] if is_embedded() else []


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """In a torture, tell how much was survived."""
    if "TORTURE_SECONDS" in os.environ and FIGURES:
        terminalreporter.section(f"torture, {os.environ.get('TEST_BACKEND', 'embedded')}")
        for line in FIGURES:
            terminalreporter.line(line)
