"""Old objects go when everything is migrated: exactly the recorded ones."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from attachments import services
from attachments.legacy import rows, runs
from attachments.legacy.cleanup import clean_up
from attachments.models import Attachment
from cas.models import Blob
from cas.storage import BINDING, CASStorage
from cas.storage.s3 import PROBE
from tests.attachments.legacy.conftest import MigrateToCas, Run, content_of, drawn
from tests.factories import AttachmentFactory
from tests.plugins.database import at_once, until_somebody_waits
from tests.plugins.faults import Faults, overwrite
from tests.plugins.files import picture, sha256
from tests.plugins.legacy import OldRow

pytestmark = pytest.mark.django_db(transaction=True)


def old_files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {
        BINDING,
        PROBE,
        *(f"cas/{digest}" for digest in Blob.objects.values_list("pk", flat=True)),
    }


class TestDeleting:
    def test_does_not_wait_for_rows_that_never_had_content(self, run: Run, clean: Run, old_row: OldRow) -> None:
        old_row()
        AttachmentFactory.create(legacy=True, legacy_key="missing/7")
        run()
        assert clean()["objects_deleted"] == 1
        assert Attachment.objects.get(blob=None).legacy_key == "missing/7"

    def test_takes_the_recorded_keys_and_nothing_else(
        self, run: Run, clean: Run, old_row: OldRow, legacy_folder: Path
    ) -> None:
        made = [old_row(drawn(number)) for number in range(5)]
        stranger = legacy_folder / Path(made[0].legacy_key).with_name("stranger.jpg")
        stranger.write_bytes(b"of a row that was deleted earlier")
        run()

        summary = clean("--workers", "2")

        assert (summary["objects_deleted"], summary["keys_cleared"], summary["failed"]) == (5, 5, 0)
        assert old_files(legacy_folder) == {str(stranger.relative_to(legacy_folder))}
        for number, row in enumerate(made):
            assert content_of(row) == drawn(number)
            assert row.legacy_key == ""
        assert clean()["objects_deleted"] == 0

    def test_a_shared_key_goes_once_for_all_its_rows(
        self, run: Run, clean: Run, old_row: OldRow, legacy_faults: Faults
    ) -> None:
        first = old_row()
        old_row(legacy_key=first.legacy_key)
        run()
        summary = clean()
        assert (summary["objects_deleted"], summary["keys_cleared"]) == (1, 2)
        assert legacy_faults.count("remove") == 1

    def test_that_fails_is_counted_and_tried_again(
        self, run: Run, clean: Run, old_row: OldRow, legacy_faults: Faults, caplog: pytest.LogCaptureFixture
    ) -> None:
        row = old_row()
        run()
        legacy_faults.fail("remove")
        assert clean()["not_deleted"] == 1
        assert "legacy_key_kept" in caplog.text
        row.refresh_from_db()
        assert row.legacy_key
        assert clean()["objects_deleted"] == 1

    def test_leaves_an_object_that_is_another_than_was_migrated(
        self, run: Run, clean: Run, old_row: OldRow, legacy_folder: Path
    ) -> None:
        row = old_row()
        run()
        (legacy_folder / row.legacy_key).write_bytes(b"written by the old system since")
        assert clean()["changed"] == 1
        assert (legacy_folder / row.legacy_key).read_bytes() == b"written by the old system since"
        row.refresh_from_db()
        assert row.legacy_key

    def test_an_object_of_the_content_store_is_never_deleted(
        self, clean: Run, old_row: OldRow, store: CASStorage, legacy_faults: Faults
    ) -> None:
        row = AttachmentFactory.create(image=True)
        Attachment.objects.filter(pk=row.pk).update(legacy_key=f"cas/{row.blob_id}")
        assert clean()["keys_cleared"] == 1
        assert legacy_faults.calls == []
        assert store.stat(str(row.blob_id)) is not None

    @pytest.mark.parametrize("key", ["/parts/1/a.jpg", "parts/../cas/x", "parts//1/a.jpg", "./cas/x", "../x"])
    def test_a_key_that_may_mean_something_else_is_left_alone(
        self, clean: Run, legacy_faults: Faults, key: str
    ) -> None:
        row = AttachmentFactory.create(image=True)
        Attachment.objects.filter(pk=row.pk).update(legacy_key=key)
        assert clean()["odd_key"] == 1
        assert legacy_faults.calls == []
        assert Attachment.objects.get().legacy_key == key


class TestAnOldObjectThatIsNotThere:
    def test_keeps_its_key(
        self, run: MigrateToCas, clean: Run, back: Run, old_row: OldRow, legacy_folder: Path
    ) -> None:
        row = old_row()
        run()
        elsewhere = (legacy_folder / row.legacy_key).rename(legacy_folder / "elsewhere")

        summary = clean()

        assert (summary["already_gone"], summary["failed"]) == (1, 1)
        assert (summary["objects_deleted"], summary["keys_cleared"]) == (0, 0)
        assert f"{row.legacy_key}: the old object is not there; the key is kept" in run.told
        assert "1 old objects are not there; their attachments keep the keys." in run.told
        assert "--forget-missing" in run.told
        elsewhere.rename(legacy_folder / row.legacy_key)
        assert back()["reverted"] == 1

    def test_keeps_its_key_when_another_one_could_not_be_deleted(
        self, run: Run, clean: Run, back: Run, old_row: OldRow, legacy_folder: Path, legacy_faults: Faults
    ) -> None:
        first, second = old_row(drawn(1)), old_row(drawn(2))
        run()
        elsewhere = (legacy_folder / second.legacy_key).rename(legacy_folder / "elsewhere")
        legacy_faults.fail("remove")
        assert clean()["not_deleted"] == 1
        # Whoever takes it all back has stopped deleting.
        elsewhere.rename(legacy_folder / second.legacy_key)
        assert back()["reverted"] == 2
        run()
        for row in (first, second):
            (legacy_folder / row.legacy_key).unlink()
        assert (clean()["already_gone"], clean()["keys_cleared"]) == (2, 0)

    def test_loses_its_key_when_that_is_meant(self, run: Run, clean: Run, old_row: OldRow, legacy_folder: Path) -> None:
        gone, there = old_row(drawn(1)), old_row(drawn(2))
        run()
        (legacy_folder / gone.legacy_key).unlink()

        summary = clean("--forget-missing")

        assert (summary["already_gone"], summary["objects_deleted"], summary["keys_cleared"]) == (1, 1, 2)
        assert summary["failed"] == 0
        assert [content_of(row) for row in (gone, there)] == [drawn(1), drawn(2)]
        assert not Attachment.objects.exclude(legacy_key="").exists()

    def test_keeps_its_key_when_the_content_is_lost_too(
        self, run: Run, clean: Run, old_row: OldRow, legacy_folder: Path, store: CASStorage
    ) -> None:
        row = old_row()
        run()
        (legacy_folder / row.legacy_key).unlink()
        store.remove(sha256(picture()))

        assert clean("--forget-missing")["missing"] == 1

        row.refresh_from_db()
        assert row.legacy_key


class TestDryRun:
    def test_looks_at_every_old_object(
        self, run: Run, clean: Run, old_row: OldRow, legacy_folder: Path, legacy_faults: Faults
    ) -> None:
        there, gone, other = (old_row(drawn(number)) for number in range(3))
        old_row(legacy_key=there.legacy_key)
        run()
        (legacy_folder / gone.legacy_key).unlink()
        (legacy_folder / other.legacy_key).write_bytes(b"written by the old system since")
        odd = AttachmentFactory.create(image=True)
        Attachment.objects.filter(pk=odd.pk).update(legacy_key="parts//1/a.jpg")
        before = old_files(legacy_folder), list(Attachment.objects.order_by("pk").values_list("legacy_key", flat=True))

        summary = clean("--workers", "2", "--dry-run")

        assert (summary["objects_deleted"], summary["keys_cleared"]) == (1, 2)
        assert [summary[name] for name in ("already_gone", "changed", "odd_key", "failed")] == [1, 1, 1, 3]
        after = old_files(legacy_folder), list(Attachment.objects.order_by("pk").values_list("legacy_key", flat=True))
        assert after == before
        assert legacy_faults.count("remove") == 0

    def test_counts_what_the_run_does(self, run: Run, clean: Run, old_row: OldRow, legacy_folder: Path) -> None:
        old_row(drawn(1))
        gone = old_row(drawn(2))
        own = AttachmentFactory.create(image=True)
        Attachment.objects.filter(pk=own.pk).update(legacy_key=f"cas/{own.blob_id}")
        run()
        (legacy_folder / gone.legacy_key).unlink()
        assert clean("--forget-missing", "--dry-run") == clean("--forget-missing")


class TestWhatIsStored:
    def test_is_looked_at_and_healed_before_the_old_object_goes(
        self, run: Run, clean: Run, old_row: OldRow, store: CASStorage
    ) -> None:
        lost, torn, marked = (old_row(drawn(number)) for number in range(3))
        run()
        store.remove(sha256(drawn(0)))
        overwrite(store, sha256(drawn(1)), b"torn")
        Blob.objects.filter(pk=sha256(drawn(2))).update(corrupt_at="2026-01-01T00:00Z")

        summary = clean()

        assert (summary["healed"], summary["objects_deleted"], summary["failed"]) == (3, 3, 0)
        assert [content_of(row) for row in (lost, torn, marked)] == [drawn(0), drawn(1), drawn(2)]
        assert not Blob.objects.exclude(corrupt_at=None).exists()

    def test_is_hashed_when_asked(self, run: Run, clean: Run, old_row: OldRow, store: CASStorage) -> None:
        row = old_row(b"12345678")
        run()
        overwrite(store, sha256(b"12345678"), b"87654321")

        summary = clean("--verify")

        assert (summary["healed"], summary["objects_deleted"]) == (1, 1)
        assert content_of(row) == b"12345678"

    def test_that_cannot_be_healed_keeps_the_old_object(
        self, run: MigrateToCas, clean: Run, old_row: OldRow, store: CASStorage, legacy_folder: Path
    ) -> None:
        row = old_row(drawn(1))
        run()
        store.remove(sha256(drawn(1)))
        (legacy_folder / row.legacy_key).write_bytes(drawn(2))

        assert clean()["damaged"] == 1

        assert (legacy_folder / row.legacy_key).read_bytes() == drawn(2)
        row.refresh_from_db()
        assert row.legacy_key
        assert row.legacy_key in run.told

    def test_by_a_store_that_does_not_answer_keeps_the_old_object(
        self, run: Run, clean: Run, old_row: OldRow, faults: Faults, legacy_faults: Faults
    ) -> None:
        old_row()
        run()
        faults.fail("stat")
        assert clean()["not_stored"] == 1
        assert legacy_faults.count("remove") == 0
        assert clean()["objects_deleted"] == 1


class TestMeanwhile:
    def test_a_revert_waits_and_finds_nothing(
        self, run: Run, clean: Run, back: Run, old_row: OldRow, legacy_faults: Faults
    ) -> None:
        row = old_row()
        run()
        hold = legacy_faults.hold("remove")

        def revert() -> dict[str, int]:
            hold.wait()
            return back()

        def let_go() -> None:
            hold.wait()
            until_somebody_waits()
            hold.release()

        cleaned, reverted, _ = at_once(clean, revert, let_go)

        assert (cleaned["objects_deleted"], reverted["reverted"]) == (1, 0)
        assert content_of(row) == picture()
        assert row.legacy_key == ""

    def test_a_row_that_was_reverted_keeps_the_key_for_all(
        self, run: Run, clean: Run, old_row: OldRow, legacy_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = old_row()
        second = old_row(legacy_key=first.legacy_key)
        run()
        Attachment.objects.filter(pk=second.pk).update(blob=None)
        monkeypatch.setattr(rows, "with_old_object", Attachment.objects.none)
        assert [outcome.reason for outcome in clean_up(runs.Run())] == ["unmigrated"]
        assert (legacy_folder / first.legacy_key).exists()

    def test_two_clean_ups_do_no_harm(
        self, run: Run, clean: Run, old_row: OldRow, stored: Callable[[], list[str]]
    ) -> None:
        made = [old_row(drawn(number)) for number in range(6)]
        run()
        results = at_once(clean, partial(clean, "--workers", "2"))
        assert [summary["failed"] for summary in results] == [0, 0]
        assert sum(summary["keys_cleared"] for summary in results) == 6
        assert [content_of(row) for row in made] == [drawn(number) for number in range(6)]

    def test_deletes_go_on(self, run: Run, clean: Run, old_row: OldRow, legacy_faults: Faults) -> None:
        first, second = old_row(drawn(1)), old_row(drawn(2))
        run()
        hold = legacy_faults.hold("remove")

        def delete() -> None:
            hold.wait()
            hold.release()
            for row in (second, first):
                services.detach(set_id=row.attachment_set_id, attachment_id=row.pk)

        summary, error = at_once(clean, delete)

        assert error is None
        assert summary["failed"] == 0
        assert not Attachment.objects.exists()
