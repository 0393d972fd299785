"""`manage.py migrate_to_cas` as an operator meets it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from pytest_django import Settings

from attachments.legacy import progress
from attachments.models import Attachment, AttachmentSet
from tests.attachments.legacy.conftest import content_of, drawn
from tests.plugins.deaths import wait_until
from tests.plugins.faults import Faults
from tests.plugins.files import picture
from tests.plugins.legacy import OldRow
from tests.plugins.server import ROOT, database_url

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
        monkeypatch.setattr(progress, "PATIENCE", 1)
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

    def test_that_finds_no_old_object_says_so_and_leaves_the_way_back(
        self, old_row: OldRow, legacy_folder: Path
    ) -> None:
        made = [old_row(drawn(number)) for number in range(3)]
        run("--yes-i-am-sure")
        elsewhere = (legacy_folder / "parts").rename(legacy_folder / "elsewhere")

        output, errors = run("--json", "--yes-i-am-sure", "--delete-old-objects", code=1)

        assert json.loads(output)["already_gone"] == 3
        assert "3 old objects are not there; their attachments keep the keys." in errors
        assert "--forget-missing" in errors
        looked = json.loads(run("--json", "--dry-run", "--delete-old-objects", code=1)[0])
        assert (looked["already_gone"], looked["objects_deleted"]) == (3, 0)
        elsewhere.rename(legacy_folder / "parts")
        assert json.loads(run("--json", "--yes-i-am-sure", "--revert")[0])["reverted"] == len(made)

    def test_forgets_missing_objects_when_asked(self, answers: list[str], old_row: OldRow, legacy_folder: Path) -> None:
        row = old_row()
        run("--yes-i-am-sure")
        (legacy_folder / row.legacy_key).unlink()
        answers.append("yes")
        output, errors = run("--json", "--delete-old-objects", "--forget-missing")
        assert "The keys of old objects that are not there are forgotten." in errors
        assert json.loads(output)["keys_cleared"] == 1
        assert content_of(row) == picture()
        with pytest.raises(CommandError, match="--forget-missing needs --delete-old-objects"):
            run("--forget-missing")

    def test_and_revert_exclude_each_other(self) -> None:
        with pytest.raises(CommandError, match="not allowed with"):
            run("--revert", "--delete-old-objects")


class TestInterrupt:
    def test_prints_the_summary_and_goes_on_later(
        self, old_row: OldRow, faults: Faults, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old_row(drawn(1)), old_row(drawn(2))
        original = progress.Progress._look_around

        def interrupt(progress: progress.Progress) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(progress.Progress, "_look_around", interrupt)
            output, errors = run("--json", "--yes-i-am-sure", "--workers", "1", code=130)
        assert original is progress.Progress._look_around
        assert json.loads(output)["migrated"] == 1
        assert "Run it again to go on" in errors
        assert json.loads(run("--json", "--yes-i-am-sure")[0])["migrated"] == 1


class TestProcesses:
    def test_are_not_more_than_workers(self) -> None:
        with pytest.raises(CommandError, match="2 workers are too few for 3 processes"):
            run("--dry-run", "--workers", "2", "--processes", "3")

    if connection.vendor == "sqlite":

        def test_are_refused(self) -> None:
            with pytest.raises(CommandError, match="SQLite takes one write at a time"):
                run("--dry-run", "--processes", "2")

    else:

        def start(self, *options: str) -> subprocess.Popen[str]:
            """The command, as at a terminal: Ctrl-C would go to all of its processes."""
            return subprocess.Popen(
                [
                    *(sys.executable, "manage.py", "migrate_to_cas", "--json", "--yes-i-am-sure"),
                    *("--workers", "4", "--processes", "2", *options),
                ],
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": database_url()},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )

        def test_share_the_work_and_tell_the_same(self, old_row: OldRow, legacy_folder: Path) -> None:
            made = [old_row(drawn(number)) for number in range(40)]
            lost = old_row(None)

            output, errors = (process := self.start()).communicate()

            assert process.returncode == 1
            summary = json.loads(output)
            assert (summary["migrated"], summary["failed"], summary["missing"]) == (40, 1, 1)
            assert f"attachment {lost.pk}, {lost.legacy_key}: the old object is not there" in errors
            assert len(without_progress(errors)) == 1
            for number, row in enumerate(made):
                assert content_of(row) == drawn(number)
            lost.delete()
            output, errors = (process := self.start("--delete-old-objects", "--verify")).communicate()
            assert process.returncode == 0
            assert json.loads(output)["objects_deleted"] == 40
            assert not any((legacy_folder / row.legacy_key).exists() for row in made)

        @contextmanager
        def hanging(self, made: list[Attachment]) -> Iterator[subprocess.Popen[str]]:
            """The command, which comes no further than half the rows before this ends: it waits for locks."""
            # As many as it takes ahead.
            locked = [row.attachment_set_id for row in made[20:28]]
            with transaction.atomic():
                assert len(AttachmentSet.objects.select_for_update().filter(pk__in=locked)) == len(locked)
                process = self.start()
                wait_until(lambda: Attachment.objects.exclude(blob=None).count() >= 20)
                yield process

        @pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
        def test_may_be_stopped_at_any_time(self, old_row: OldRow, how: signal.Signals) -> None:
            made = [old_row(drawn(number)) for number in range(40)]
            with self.hanging(made) as process:
                os.killpg(process.pid, how)

            output, errors = process.communicate()
            assert process.returncode == (130 if how is signal.SIGINT else -how)
            done = Attachment.objects.exclude(blob=None).count()
            assert 20 <= done < 40
            if how is signal.SIGINT:
                assert json.loads(output)["migrated"] == done
                assert without_progress(errors) == ["Stopped. Run it again to go on."]
            assert json.loads(run("--json", "--yes-i-am-sure")[0])["migrated"] == 40 - done
            for number, row in enumerate(made):
                assert content_of(row) == drawn(number)

        def test_one_that_dies_stops_the_run(self, old_row: OldRow) -> None:
            made = [old_row(drawn(number)) for number in range(40)]
            with self.hanging(made) as process:
                os.kill(_helper_of(process.pid), signal.SIGKILL)

            output, errors = process.communicate()
            assert process.returncode == 1
            assert "One of the processes ended. Run it again to go on." in errors
            done = Attachment.objects.exclude(blob=None).count()
            assert json.loads(output)["migrated"] <= done < 40
            assert json.loads(run("--json", "--yes-i-am-sure")[0])["migrated"] == 40 - done
            for number, row in enumerate(made):
                assert content_of(row) == drawn(number)


def without_progress(errors: str) -> list[str]:
    """The lines on stderr, but those that tell how far it is: there are some when this takes longer than ten seconds."""
    return [line for line in errors.splitlines() if not re.fullmatch(r"[\w ]+: \d+ of \d+, \S+/s, \S+ left", line)]


def _helper_of(pid: int) -> int:
    """One of its processes that work; another only looks after what they share."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return next(int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes())
