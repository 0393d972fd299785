"""What the commands have in common."""

import sys
from io import StringIO
from typing import Any

import pytest

from cas.commands import ReportingCommand


class Counting(ReportingCommand):
    """Takes three items."""

    def run(self, **options: Any) -> dict[str, int]:
        return {"taken": len(list(self.progress("abc", 3, "Taking")))}


class TestProgress:
    def test_is_a_line_now_and_then_where_no_terminal_is(self) -> None:
        errors = StringIO()
        command = Counting(stderr=errors)
        command.seconds_between_lines = 0
        assert command.run() == {"taken": 3}
        assert [line.split(",")[0] for line in errors.getvalue().splitlines()] == [
            "Taking: 1 of 3",
            "Taking: 2 of 3",
            "Taking: 3 of 3",
        ]
        assert "/s, " in errors.getvalue()
        assert "left" in errors.getvalue()

    def test_is_not_seen_when_it_is_soon_over(self) -> None:
        errors = StringIO()
        assert Counting(stderr=errors).run() == {"taken": 3}
        assert errors.getvalue() == ""

    def test_is_a_bar_on_a_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        terminal = StringIO()
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stderr", terminal)
        assert Counting().run() == {"taken": 3}
        assert "3/3" in terminal.getvalue()
