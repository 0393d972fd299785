"""Old objects become contents of the store, row by row."""

from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django import Settings

from attachments import services
from attachments.models import Attachment, AttachmentSet, MigrationFailure
from cas.models import Blob, Purge
from tests.attachments.legacy.conftest import MigrateToCas, Run, content_of, drawn
from tests.factories import AttachmentFactory, PartFactory
from tests.plugins.database import at_once
from tests.plugins.faults import Faults
from tests.plugins.files import pdf, picture, sha256
from tests.plugins.legacy import OldRow

pytestmark = pytest.mark.django_db(transaction=True)

# Bytes, the type that the row states, and what it becomes.
TYPES = [
    (picture(), "image/jpeg", "image/jpeg", "image"),
    (picture(), "", "image/jpeg", "image"),
    (picture(form="PNG"), "image/jpeg", "image/png", "image"),
    (pdf(), "application/x-pdf; charset=binary", "application/pdf", "pdf"),
    (b"<script>alert(1)</script>", "image/png", "application/octet-stream", "file"),
    (b"<script>alert(1)</script>", "text/html", "application/octet-stream", "file"),
    (b"PK\x03\x04", "application/zip", "application/octet-stream", "file"),
    (b"", "", "application/octet-stream", "file"),
]


class TestARow:
    def test_gets_its_content(self, run: Run, old_row: OldRow, legacy_folder: Path) -> None:
        row = old_row(picture())

        summary = run()

        assert summary["migrated"] == 1
        assert summary["failed"] == 0
        assert content_of(row) == picture()
        assert (legacy_folder / row.legacy_key).read_bytes() == picture()

    def test_keeps_its_key_its_timestamps_and_its_cover(self, run: Run, old_row: OldRow) -> None:
        row = old_row()
        services.choose_cover(set_id=row.attachment_set_id, attachment_id=row.pk)
        before = Attachment.objects.get(), AttachmentSet.objects.get(pk=row.attachment_set_id)

        run()

        after = Attachment.objects.get()
        assert after.legacy_key == row.legacy_key
        assert after.updated_at == before[0].updated_at
        assert AttachmentSet.objects.get(pk=row.attachment_set_id).updated_at == before[1].updated_at
        assert AttachmentSet.objects.get(pk=row.attachment_set_id).cover_attachment == after

    def test_gets_the_size_of_its_bytes(self, run: Run, old_row: OldRow) -> None:
        made = [old_row(picture(), file_size=size) for size in (None, 0, 7)]
        run()
        for row in made:
            row.refresh_from_db()
            assert row.file_size == len(picture())

    def test_gets_the_type_that_its_bytes_show(self, run: Run, old_row: OldRow) -> None:
        made = [(old_row(data, content_type=stated), data, becomes) for data, stated, *becomes in TYPES]
        assert run()["migrated"] == len(TYPES)
        for row, data, becomes in made:
            assert content_of(row) == data
            assert [row.content_type, row.attachment_type] == becomes

    def test_that_became_a_link_for_want_of_a_type_is_the_file_that_it_is(self, run: Run, old_row: OldRow) -> None:
        row = old_row(b"PK\x03\x04", attachment_type="url", url="missing:7")
        run()
        row.refresh_from_db()
        assert (row.attachment_type, row.url, row.content_type) == ("file", "", "application/octet-stream")

    def test_that_is_no_picture_hands_the_cover_over(self, run: Run, old_row: OldRow) -> None:
        row = old_row(b"no picture")
        heir = AttachmentFactory.create(image=True, owner=row.attachment_set.owner)
        services.choose_cover(set_id=row.attachment_set_id, attachment_id=row.pk)
        run()
        assert AttachmentSet.objects.get(pk=row.attachment_set_id).cover_attachment == heir

    def test_is_kept_whatever_its_type_and_size(self, run: Run, old_row: OldRow, settings: Settings) -> None:
        settings.MAX_IMAGE_BYTES = 10
        row = old_row(b"MZ" + bytes(2_000_000), content_type="image/bmp")
        run()
        assert content_of(row) == b"MZ" + bytes(2_000_000)

    def test_that_is_a_link_with_content_is_moved_too(self, run: Run, old_row: OldRow) -> None:
        row = old_row(attachment_type="url", url="https://example.com/")
        run()
        assert content_of(row) == picture()

    def test_with_an_odd_key_is_found(self, run: Run, old_row: OldRow) -> None:
        row = old_row(legacy_key="parts/1/attachments/ünï côdé 電 %41+.jpg")
        run()
        assert content_of(row) == picture()


class TestEqualContents:
    def test_are_stored_once_and_counted(self, run: Run, old_row: OldRow, faults: Faults) -> None:
        for _ in range(3):
            old_row(picture())
        old_row(picture("blue"))

        summary = run()

        assert (summary["migrated"], summary["deduplicated"]) == (4, 2)
        assert summary["bytes_saved"] == 2 * len(picture())
        assert faults.count("publish") == Blob.objects.count() == 2

    def test_of_an_upload_are_shared(self, run: Run, old_row: OldRow) -> None:
        upload = AttachmentFactory.create(image=True)
        data = content_of(upload)
        row = old_row(data)

        summary = run()

        row.refresh_from_db()
        assert row.blob == upload.blob
        assert summary["deduplicated"] == 1

    def test_under_one_key_are_read_for_each(self, run: Run, old_row: OldRow) -> None:
        first = old_row()
        second = old_row(legacy_key=first.legacy_key)
        assert run()["migrated"] == 2
        assert content_of(first) == content_of(second) == picture()


class TestTheOrder:
    def test_is_oldest_first_and_passes_failures(self, run: MigrateToCas, old_row: OldRow) -> None:
        made = [old_row(None if number in {0, 3} else drawn(number)) for number in range(6)]

        summary = run()

        assert (summary["migrated"], summary["failed"], summary["missing"]) == (4, 2, 2)
        first, second = run.told.splitlines()
        assert first.startswith(f"attachment {made[0].pk}, {made[0].legacy_key}: the old object is not there")
        assert second.startswith(f"attachment {made[3].pk}, ")

    def test_a_limit_counts_what_is_tried(self, run: Run, old_row: OldRow) -> None:
        for number in range(5):
            old_row(None if number == 0 else picture())
        assert run("--limit", "3")["migrated"] == 2
        assert run("--limit", "3")["migrated"] == 2
        assert run()["migrated"] == 0

    def test_a_second_run_finds_nothing_to_do(self, run: Run, old_row: OldRow, legacy_faults: Faults) -> None:
        old_row()
        run()
        calls = len(legacy_faults.calls)
        summary = run()
        assert (summary["migrated"], summary["already_there"]) == (0, 1)
        assert len(legacy_faults.calls) == calls


class TestWhatIsMissing:
    def test_is_tried_once_and_again_only_when_asked(
        self, run: MigrateToCas, old_row: OldRow, legacy_folder: Path, legacy_faults: Faults
    ) -> None:
        row = old_row(None)
        assert (run()["failed"], MigrationFailure.objects.get().reason) == (1, "missing")

        summary = run()
        assert (summary["failed"], summary["passed_over"]) == (0, 1)
        assert "1 attachments were missing in an earlier run; --retry-failed looks again." in run.told
        assert legacy_faults.count("open_object") == 1

        path = legacy_folder / row.legacy_key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture())
        assert run("--retry-failed")["migrated"] == 1
        assert content_of(row) == picture()
        assert not MigrationFailure.objects.exists()

    def test_a_row_that_never_had_a_key_is_reported_and_not_touched(
        self, run: Run, legacy_folder: Path, legacy_faults: Faults
    ) -> None:
        row = AttachmentFactory.create(legacy=True, legacy_key="missing/7")
        before = Attachment.objects.values().get()
        assert run()["missing"] == 1
        assert Attachment.objects.values().get() == before
        assert row.has_content is False
        assert legacy_faults.calls == []

    def test_is_forgotten_with_the_row(self, run: Run, old_row: OldRow) -> None:
        row = old_row(None)
        run()
        services.detach(set_id=row.attachment_set_id, attachment_id=row.pk)
        run()
        assert not MigrationFailure.objects.exists()

    def test_another_key_is_another_chance(self, run: Run, old_row: OldRow) -> None:
        row = old_row(None)
        run()
        other = old_row()
        Attachment.objects.filter(pk=row.pk).update(legacy_key=other.legacy_key)
        assert run()["migrated"] == 2

    def test_keys_that_nothing_can_have_fail_alone(self, run: Run, old_row: OldRow) -> None:
        for key in ("../../etc/passwd", "parts/" + "x" * 400):
            AttachmentFactory.create(legacy=True, legacy_key=key)
        row = old_row()
        summary = run()
        assert (summary["migrated"], summary["failed"]) == (1, 2)
        assert content_of(row) == picture()


class TestADryRun:
    def test_looks_and_changes_nothing(self, run: Run, old_row: OldRow, legacy_faults: Faults) -> None:
        old_row(picture())
        old_row(None)
        before = list(Attachment.objects.values())

        summary = run("--dry-run")

        assert (summary["migrated"], summary["failed"], summary["bytes"]) == (1, 1, len(picture()))
        assert list(Attachment.objects.values()) == before
        assert not Blob.objects.exists()
        assert not MigrationFailure.objects.exists()
        assert legacy_faults.count("open_object") == 0


class TestMeanwhile:
    def test_a_deleted_row_is_no_error(self, run: Run, old_row: OldRow, legacy_faults: Faults) -> None:
        row = old_row()
        hold = legacy_faults.hold("stat")

        def delete() -> None:
            hold.wait()
            services.detach(set_id=row.attachment_set_id, attachment_id=row.pk)
            hold.release()

        summary, _ = at_once(run, delete)

        assert (summary["migrated"], summary["deleted_meanwhile"], summary["failed"]) == (0, 1, 0)
        assert not Blob.objects.exists()

    def test_a_deleted_owner_is_no_error(self, run: Run, old_row: OldRow, legacy_faults: Faults) -> None:
        part = PartFactory.create()
        old_row(owner=part)
        hold = legacy_faults.hold("stat")

        def delete() -> None:
            hold.wait()
            part.delete()
            hold.release()

        summary, _ = at_once(run, delete)

        assert summary["deleted_meanwhile"] == 1
        assert not Blob.objects.exists()

    def test_two_runs_do_no_harm(self, run: Run, old_row: OldRow, faults: Faults) -> None:
        made = [old_row(drawn(number)) for number in range(8)]

        first, second = at_once(run, partial(run, "--workers", "2"))

        assert first["failed"] == second["failed"] == 0
        assert first["migrated"] + second["migrated"] == 8
        assert Blob.objects.count() == 8
        for number, row in enumerate(made):
            assert content_of(row) == drawn(number)

    def test_the_other_run_is_recognised(self, run: Run, old_row: OldRow, legacy_faults: Faults) -> None:
        row = old_row()
        hold = legacy_faults.hold("stat")

        def overtake() -> dict[str, int]:
            hold.wait()
            summary = run()
            hold.release()
            return summary

        slow, fast = at_once(run, overtake)

        assert (fast["migrated"], slow["migrated"], slow["already_there"]) == (1, 0, 1)
        assert content_of(row) == picture()

    def test_the_content_of_a_tombstone_waits_for_the_next_run(self, run: Run, old_row: OldRow) -> None:
        old_row()
        purge = Purge.objects.create(digest=sha256(picture()), token=uuid4())
        assert run()["busy"] == 1
        purge.delete()
        assert run()["migrated"] == 1

    def test_several_workers_store_equal_contents_once(self, run: Run, old_row: OldRow, faults: Faults) -> None:
        for _ in range(12):
            old_row(picture())
        summary = run("--workers", "4")
        assert (summary["migrated"], summary["deduplicated"]) == (12, 11)
        # Those that begin at the same moment do not know of each other yet.
        assert 1 <= faults.count("publish") <= 4
