"""What the commands have in common."""

import sys
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from core.commands import ReportingCommand


class Counting(ReportingCommand):
    """Takes three items."""

    def run(self, **options: Any) -> dict[str, int]:
        return {"taken": len(list(self.progress("abc", 3, "Taking")))}


@pytest.mark.django_db
class TestUnfinishedMigrations:
    @pytest.mark.parametrize(
        "command", ["cas_check", "cas_gc", "cas_import .", "migrate_to_cas --yes-i-am-sure", "load_demo"]
    )
    def test_are_named_instead_of_an_error_of_the_database(self, command: str) -> None:
        MigrationRecorder(connection).record_unapplied("kits", "0004_require_kit_attachment_set")
        with pytest.raises(
            CommandError, match=r"kits\.0004_require_kit_attachment_set is not applied.*manage\.py migrate"
        ):
            call_command(*command.split(), stdout=StringIO())

    def test_do_not_matter_to_a_command_without_tables(self) -> None:
        MigrationRecorder(connection).record_unapplied("kits", "0004_require_kit_attachment_set")
        output = StringIO()
        call_command("cas_prune_thumbnails", "--older-than", "90d", stdout=output)
        assert "failed: 0" in output.getvalue()


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
        command = Counting(stderr=errors)
        command.seconds_between_lines = 3600
        assert command.run() == {"taken": 3}
        assert errors.getvalue() == ""

    def test_is_a_bar_on_a_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        terminal = StringIO()
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stderr", terminal)
        assert Counting().run() == {"taken": 3}
        assert "3/3" in terminal.getvalue()
