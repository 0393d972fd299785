"""cas_gc: what it does, when it refuses, and what it tells."""

import fcntl
import os
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from attachments.models import Attachment
from cas.audit import reports
from cas.media import thumbnails
from cas.media.folders import thumbnail_folder
from cas.media.pdf import NotRenderableError
from cas.models import Blob, CommandReport, Purge
from cas.protocol import collect
from cas.storage import CASStorage, cas_storage
from cas.storage.staging import StagedFile
from tests.plugins.blobs import DATA, DIGEST, age
from tests.plugins.commands import Run as AnyRun
from tests.plugins.faults import Faults
from tests.plugins.files import picture

pytestmark = pytest.mark.django_db

LONG = timedelta(days=2)
Upload = Callable[..., Attachment]
Garbage = Callable[..., str]
Run = partial(AnyRun, "cas_gc")
Stored = Callable[[], list[str]]


class TestCollects:
    def test_condemns_first_and_deletes_after_the_grace(self, upload: Upload, garbage: Garbage, stored: Stored) -> None:
        kept = upload(b"in use").blob_id
        garbage()
        first = Run()
        assert first.numbers("condemned", "purged", "failed") == (1, 0, 0)
        assert len(stored()) == 2
        assert Run().numbers("condemned", "purged") == (0, 0)
        age(blobs=timedelta(hours=25))
        last = Run()
        assert last.numbers("condemned", "purged", "purged_bytes") == (0, 1, len(DATA))
        assert (last.code, stored()) == (0, [kept])
        assert last.numbers("blobs", "bytes", "waiting", "waiting_bytes") == (1, 6, 0, 0)

    def test_the_grace_is_an_option(self, garbage: Garbage) -> None:
        garbage(marked=timedelta(minutes=100))
        assert Run("--grace", "2h").summary["purged"] == 0
        assert Run("--grace", "90m").summary["purged"] == 1

    def test_nothing_at_all_is_fine(self) -> None:
        assert Run().numbers("condemned", "absolved", "purged", "failed") == (0, 0, 0, 0)

    def test_finishes_what_was_stuck(self, garbage: Garbage, faults: Faults, stored: Stored) -> None:
        garbage(marked=LONG)
        faults.fail("remove", after_effect=True)
        stuck = Run()
        assert (stuck.code, stuck.summary["postponed"]) == (1, 1)
        age(tombstones=cas_storage().tombstone_lifetime)
        assert Run().numbers("purged", "failed") == (1, 0)
        assert not Purge.objects.exists()
        assert stored() == []

    def test_a_store_that_fails_again_and_again_is_left_alone(self, garbage: Garbage, faults: Faults) -> None:
        for number in range(30):
            garbage(bytes([number]), marked=LONG)
        faults.fail("remove", times=1000)
        run = Run("--jobs", "1", "--force")
        assert run.summary["postponed"] == 3
        assert "does not answer" in run.errors
        # Each tombstone refuses uploads of its content for a while.
        assert Purge.objects.count() == collect.TOGETHER

    def test_thumbnails_go_with_their_content(self, garbage: Garbage) -> None:
        picture_bytes, broken_bytes = picture(), b"%PDF-1.4 of nothing"
        digest, broken = garbage(picture_bytes, marked=LONG), garbage(broken_bytes, marked=LONG)
        for name in (digest, "another"):
            thumbnails.thumbnail(name, 150, lambda: BytesIO(picture_bytes)).close()
            thumbnails.thumbnail(name, 1000, lambda: BytesIO(picture_bytes)).close()
        with pytest.raises(NotRenderableError):
            thumbnails.thumbnail(broken, 300, lambda: BytesIO(broken_bytes))
        assert [len(list(thumbnail_folder().glob(f"{name}*"))) for name in (digest, broken)] == [2, 1]
        Run()
        names = {path.name.split("_")[0] for path in thumbnail_folder().glob("[!.]*")}
        assert names == {"another"}


class TestDryRun:
    def test_tells_and_writes_nothing(
        self, upload: Upload, garbage: Garbage, faults: Faults, stored: Stored, tmp_path: Path
    ) -> None:
        upload(b"in use")
        garbage(b"fresh")
        garbage(marked=LONG)
        faults.calls.clear()
        before = [*Blob.objects.order_by("pk").values()]
        statements: list[str] = []

        def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            statements.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(watch):
            run = Run("--dry-run")
        assert run.numbers("condemned", "purged", "purged_bytes") == (1, 1, len(DATA))
        assert [*Blob.objects.order_by("pk").values()] == before
        assert not CommandReport.objects.exists()
        assert {sql.split()[0] for sql in statements} == {"SELECT"}
        assert faults.calls == []


class TestCap:
    """Too much garbage is rather a mistake than garbage."""

    @pytest.fixture
    def much(self, garbage: Garbage, upload: Upload) -> None:
        for number in range(25):
            garbage(bytes([number]), marked=LONG)
        upload()

    def test_nothing_is_deleted_without_force(self, much: None, faults: Faults, stored: Stored) -> None:
        run = Run()
        assert (run.code, run.summary["refused"], run.summary["purged"]) == (1, 1, 0)
        assert "25 of 26 contents" in run.errors
        assert "--force" in run.errors
        assert faults.count("remove") == 0
        assert len(stored()) == 26

    def test_a_dry_run_says_so_too(self, much: None) -> None:
        run = Run("--dry-run")
        assert (run.code, run.summary["refused"], run.summary["purged"]) == (1, 1, 0)

    def test_with_force(self, much: None, stored: Stored) -> None:
        assert Run("--force").summary["purged"] == 25
        assert stored() == [DIGEST]

    def test_the_limits_are_options(self, much: None) -> None:
        assert Run("--max-percent", "97", "--max-blobs", "24").summary["refused"] == 1
        assert Run("--max-percent", "97").summary["purged"] == 25

    def test_what_is_used_again_does_not_count(self, much: None, upload: Upload) -> None:
        # Rows may come without any upload, as with loaddata.
        for blob in Blob.objects.exclude(condemned_at=None)[:10]:
            Attachment.objects.filter(blob=DIGEST).update(blob=blob)
            upload()
        assert Run().numbers("absolved", "purged") == (10, 15)

    def test_a_few_are_always_allowed(self, garbage: Garbage) -> None:
        for number in range(20):
            garbage(bytes([number]), marked=LONG)
        assert Run().numbers("refused", "purged") == (0, 20)


class TestRefuses:
    def test_while_a_critical_finding_is_open(
        self, upload: Upload, garbage: Garbage, store: CASStorage, faults: Faults, stored: Stored
    ) -> None:
        upload(b"lost")
        store.remove(upload(b"lost").blob_id or "")
        removed = faults.count("remove")
        garbage(marked=LONG)
        with pytest.raises(SystemExit):
            call_command("cas_check", stdout=StringIO(), stderr=StringIO())
        run = Run("--force")
        assert (run.code, run.summary["refused"]) == (1, 1)
        assert "last cas_check: 1." in run.errors
        assert faults.count("remove") == removed
        upload(b"lost")
        call_command("cas_check", stdout=StringIO())
        assert Run().numbers("refused", "purged") == (0, 1)

    def test_neither_is_a_stuck_deletion_finished_then(self, garbage: Garbage, faults: Faults) -> None:
        reports.keep(reports.CHECK, {"critical": 1})
        garbage(marked=LONG)
        Purge.objects.create(digest=DIGEST[::-1], token="12345678123456781234567812345678")
        age(tombstones=LONG)
        assert Run().summary["refused"] == 1
        assert faults.count("remove") == 0

    def test_warnings_do_not_matter(self, garbage: Garbage) -> None:
        reports.keep(reports.CHECK, {"critical": 0, "warnings": 5})
        garbage(marked=LONG)
        assert Run().summary["purged"] == 1

    def test_while_a_migration_is_not_applied(self, garbage: Garbage, faults: Faults) -> None:
        garbage(marked=LONG)
        MigrationRecorder(connection).record_unapplied("kits", "0004_require_kit_attachment_set")
        with pytest.raises(CommandError, match="kits"):
            call_command("cas_gc", "--force", stdout=StringIO())
        assert faults.count("remove") == 0
        assert Blob.objects.exists()

    @pytest.mark.parametrize("option", ["--grace=1w", "--grace=-1h", "--grace=", "--jobs=0", "--max-blobs=-1"])
    def test_options_that_are_none(self, option: str) -> None:
        with pytest.raises(CommandError):
            call_command("cas_gc", option, stdout=StringIO())


class TestTemporaryFiles:
    @pytest.fixture
    def old(self, store: CASStorage) -> Path:
        """What a killed process left in staging."""
        store.staging_dir.mkdir(exist_ok=True)
        path = store.staging_dir / "staged-left"
        path.touch()
        make_old(path)
        return path

    def test_old_ones_are_removed(self, old: Path) -> None:
        assert Run("--dry-run").summary["temporary_files"] == 1
        assert old.exists()
        assert Run().summary["temporary_files"] == 1
        assert not old.exists()

    def test_one_that_is_written_is_not(self, store: CASStorage) -> None:
        staged = StagedFile(store.staging_dir)
        make_old(staged.path)
        assert Run().summary["temporary_files"] == 0
        staged.close()

    def test_nor_are_young_ones_and_those_of_others(self, old: Path) -> None:
        old.rename(old.with_name("mine"))
        old.touch()
        assert Run().summary["temporary_files"] == 0

    def test_one_that_cannot_be_removed_stops_nothing(self, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*arguments: Any) -> None:
            raise OSError(37, "No locks available")

        monkeypatch.setattr(fcntl, "flock", fail)
        assert Run().numbers("temporary_files", "failed") == (0, 0)
        assert old.exists()

    def test_a_folder_of_thumbnails_that_cannot_be_used_stops_nothing(
        self, old: Path, garbage: Garbage, stored: Stored, settings: Settings, tmp_path: Path
    ) -> None:
        (tmp_path / "file").touch()
        unusable = settings.STORAGES["thumbnails"] | {"OPTIONS": {"location": tmp_path / "file"}}
        settings.STORAGES = settings.STORAGES | {"thumbnails": unusable}
        garbage(marked=LONG)
        run = Run()
        assert run.numbers("purged", "temporary_files", "failed") == (1, 1, 0)
        assert (run.code, stored()) == (0, [])
        report = reports.last(reports.COLLECT)
        assert report is not None
        assert report.summary == run.summary

    def test_drafts_of_thumbnails_too(self) -> None:
        folder = settings.DATA_DIR / "thumbnails"
        folder.mkdir(exist_ok=True)
        draft = folder / ".draft-left"
        draft.touch()
        make_old(draft)
        assert Run().summary["temporary_files"] == 1
        assert not draft.exists()


class TestReport:
    def test_is_kept(self, garbage: Garbage) -> None:
        garbage()
        run = Run()
        report = CommandReport.objects.get()
        assert (report.command, report.summary) == ("cas_gc", run.summary)
        assert report.finished_at is not None

    def test_is_one_line_for_people(self, garbage: Garbage) -> None:
        garbage()
        output = StringIO()
        call_command("cas_gc", stdout=output)
        assert output.getvalue().startswith("expired: 0, condemned: 1, absolved: 0, purged: 0, purged bytes: 0,")


def make_old(path: Path) -> None:
    os.utime(path, (time.time() - 25 * 3600,) * 2)
