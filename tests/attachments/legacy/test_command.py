"""What `manage.py migrate_to_cas` asks and says; what it does is tested beside this."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from attachments.models import Attachment
from tests.attachments.legacy.conftest import MigrateToCas, Run, content_of
from tests.plugins.files import picture
from tests.plugins.legacy import OldRow

pytestmark = pytest.mark.django_db(transaction=True)


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


def ask(*options: str) -> str:
    """Run the command as a person does, and return what it says to them."""
    errors = StringIO()
    call_command("migrate_to_cas", *options, stdout=StringIO(), stderr=errors)
    return errors.getvalue()


class TestConfirmation:
    def test_is_needed(self, answers: list[str], old_row: OldRow) -> None:
        row = old_row()
        with pytest.raises(CommandError, match="--yes-i-am-sure"):
            ask()
        answers.append("no")
        with pytest.raises(CommandError, match="Nothing was done"):
            ask()
        row.refresh_from_db()
        assert row.blob is None
        answers.append("yes")
        assert "The content of 1 attachments is copied" in ask()
        assert content_of(row) == picture()

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            (["--delete-old-objects"], "Then the old objects are DELETED."),
            (["--delete-old-objects", "--forget-missing"], "The keys of old objects that are not there are forgotten."),
            (["--revert"], "0 attachments go back to their old objects."),
        ],
    )
    def test_says_what_will_happen(self, answers: list[str], options: list[str], sentence: str) -> None:
        answers.append("yes")
        assert sentence in ask(*options)

    def test_of_a_dry_run_is_not_asked(self, answers: list[str], old_row: OldRow) -> None:
        old_row()
        ask("--dry-run")
        assert not Attachment.objects.exclude(blob=None).exists()


class TestSummary:
    def test_counts_and_names_the_failed(self, run: MigrateToCas, old_row: OldRow) -> None:
        old_row(), old_row()
        lost = old_row(None)

        assert run() == {
            "migrated": 2,
            "already_there": 0,
            "deduplicated": 1,
            "bytes_saved": len(picture()),
            "deleted_meanwhile": 0,
            "passed_over": 0,
            "failed": 1,
            "missing": 1,
        }
        assert run.code == 1
        assert f"attachment {lost.pk}, {lost.legacy_key}: the old object is not there" in run.told


class TestCleanUp:
    def test_follows_when_the_setting_says_so_and_never_a_revert(
        self, run: MigrateToCas, back: Run, old_row: OldRow, settings: Settings, legacy_folder: Path
    ) -> None:
        row = old_row()
        run()
        settings.CAS_MIGRATION_DELETE_OLD_OBJECTS = True
        assert back()["reverted"] == 1
        assert (legacy_folder / row.legacy_key).exists()
        assert run()["objects_deleted"] == 1
        assert "belonged to attachments that were deleted earlier" in run.told


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--workers", "0"], "no whole number from 1 to 32"),
        (["--limit", "0"], "no whole number of 1 or more"),
        (["--shard", "3/2"], "no part like 1/2"),
        (["--shard", "0/2"], "no part like 1/2"),
        (["--shard", "1/33"], "of at most 32"),
        (["--shard", "½"], "no part like 1/2"),
        (["--revert", "--delete-old-objects"], "not allowed with"),
        (["--forget-missing"], "--forget-missing needs --delete-old-objects"),
    ],
)
def test_nonsense_is_refused(options: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        ask(*options)
