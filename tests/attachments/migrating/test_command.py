"""`manage.py migrate_to_cas` as an operator meets it."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from attachments.migrating import reporting
from attachments.models import Attachment
from tests.attachments.migrating.conftest import content_of, drawn
from tests.plugins.faults import Faults
from tests.plugins.files import picture
from tests.plugins.legacy import OldRow

pytestmark = pytest.mark.django_db(transaction=True)


def run(*options: str, code: int = 0) -> tuple[str, str]:
    """What the command prints for programs and for people; it has to end with this code."""
    output, errors = StringIO(), StringIO()
    try:
        call_command("migrate_to_cas", *options, stdout=output, stderr=errors)
    except SystemExit as end:
        ended_with = end.code
    else:
        ended_with = 0
    assert ended_with == code
    return output.getvalue(), errors.getvalue()


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is typed at the questions; nobody is there when they run out."""
    lines: list[str] = []

    def answer(prompt: str) -> str:
        if not lines:
            raise EOFError
        return lines.pop(0)

    monkeypatch.setattr("builtins.input", answer)
    return lines


class TestConfirmation:
    def test_is_needed(self, answers: list[str], old_row: OldRow) -> None:
        row = old_row()
        with pytest.raises(CommandError, match="--yes-i-am-sure"):
            run()
        answers.append("no")
        with pytest.raises(CommandError, match="Nothing was done"):
            run()
        row.refresh_from_db()
        assert row.blob is None
        answers.append("yes")
        assert "The content of 1 attachments is copied" in run()[1]
        assert content_of(row) == picture()

    @pytest.mark.parametrize(
        ("option", "sentence"), [("--delete-old-objects", "DELETED"), ("--revert", "go back to their old objects")]
    )
    def test_says_what_will_happen(self, answers: list[str], option: str, sentence: str) -> None:
        answers.append("yes")
        assert sentence in run(option)[1]

    def test_of_a_dry_run_is_not_asked(self, answers: list[str], old_row: OldRow) -> None:
        old_row()
        assert json.loads(run("--dry-run", "--json")[0])["migrated"] == 1
        assert not Attachment.objects.exclude(blob=None).exists()


class TestSummary:
    def test_counts_and_names_the_failed(self, old_row: OldRow) -> None:
        old_row(), old_row()
        lost = old_row(None)

        output, errors = run("--json", "--yes-i-am-sure", code=1)

        assert json.loads(output) == {
            "migrated": 2,
            "already_there": 0,
            "deduplicated": 1,
            "bytes_saved": len(picture()),
            "deleted_meanwhile": 0,
            "passed_over": 0,
            "failed": 1,
            "missing": 1,
        }
        assert f"attachment {lost.pk}, {lost.legacy_key}: the old object is not there" in errors

    def test_mentions_what_is_passed_over(self, old_row: OldRow) -> None:
        old_row(None)
        run("--yes-i-am-sure", code=1)
        output, errors = run("--yes-i-am-sure")
        assert "passed over: 1" in output
        assert "--retry-failed looks again" in errors
        run("--yes-i-am-sure", "--retry-failed", code=1)

    def test_of_a_run_that_stopped_is_complete(
        self, old_row: OldRow, faults: Faults, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reporting, "PATIENCE", 1)
        old_row(drawn(1)), old_row(drawn(2))
        faults.fail("stat", times=2)
        output, errors = run("--json", "--yes-i-am-sure", "--workers", "1", code=1)
        assert json.loads(output)["not_stored"] == 1
        assert "Stopped. The content store does not answer" in errors

    @pytest.mark.parametrize("options", [["--workers", "0"], ["--workers", "x"], ["--limit", "0"]])
    def test_is_not_reached_with_nonsense(self, options: list[str]) -> None:
        with pytest.raises(CommandError, match="whole number"):
            run(*options)


class TestCleanUp:
    def test_follows_the_migration_when_asked(self, old_row: OldRow, legacy_folder: Path) -> None:
        row = old_row()
        output, errors = run("--json", "--yes-i-am-sure", "--delete-old-objects")
        assert json.loads(output)["objects_deleted"] == 1
        assert "belonged to attachments that were deleted earlier" in errors
        assert not (legacy_folder / row.legacy_key).exists()

    def test_follows_when_the_setting_says_so(self, old_row: OldRow, settings: Settings) -> None:
        settings.CAS_MIGRATION_DELETE_OLD_OBJECTS = True
        old_row()
        assert json.loads(run("--json", "--yes-i-am-sure")[0])["objects_deleted"] == 1

    def test_never_follows_a_revert(self, old_row: OldRow, settings: Settings, legacy_folder: Path) -> None:
        row = old_row()
        run("--yes-i-am-sure")
        settings.CAS_MIGRATION_DELETE_OLD_OBJECTS = True
        assert json.loads(run("--json", "--yes-i-am-sure", "--revert")[0])["reverted"] == 1
        assert (legacy_folder / row.legacy_key).exists()

    def test_is_refused_with_the_number(self, old_row: OldRow) -> None:
        old_row(), old_row(None)
        run("--yes-i-am-sure", code=1)
        output, errors = run("--json", "--yes-i-am-sure", "--delete-old-objects", code=1)
        assert "1 attachments are not in the content store" in errors
        assert "objects_deleted" not in json.loads(output)

    def test_and_revert_exclude_each_other(self) -> None:
        with pytest.raises(CommandError, match="not allowed with"):
            run("--revert", "--delete-old-objects")


class TestInterrupt:
    def test_prints_the_summary_and_goes_on_later(
        self, old_row: OldRow, faults: Faults, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old_row(drawn(1)), old_row(drawn(2))
        original = reporting.Tally._look_around

        def interrupt(tally: reporting.Tally) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(reporting.Tally, "_look_around", interrupt)
            output, errors = run("--json", "--yes-i-am-sure", "--workers", "1", code=130)
        assert original is reporting.Tally._look_around
        assert json.loads(output)["migrated"] == 1
        assert "Run it again to go on" in errors
        assert json.loads(run("--json", "--yes-i-am-sure")[0])["migrated"] == 1
