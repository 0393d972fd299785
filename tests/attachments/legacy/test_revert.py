"""Back to the old keys, as long as there is something under them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.storage import storages

from attachments.models import Attachment
from tests.attachments.legacy.conftest import Run, content_of, drawn
from tests.conftest import ApiClient
from tests.factories import AttachmentFactory
from tests.plugins.deaths import at, dies
from tests.plugins.files import picture
from tests.plugins.legacy import OldRow

pytestmark = pytest.mark.django_db(transaction=True)


class TestRevert:
    def test_takes_rows_back_and_serves_them_from_the_old_store(
        self, run: Run, back: Run, old_row: OldRow, api: ApiClient
    ) -> None:
        row, upload = old_row(), AttachmentFactory.create(image=True)
        run()

        summary = back()

        assert (summary["reverted"], summary["failed"]) == (1, 0)
        row.refresh_from_db()
        assert row.blob is None
        address = api.get(f"/attachment-sets/{row.attachment_set_id}/attachments/{row.pk}").json()["attachment_url"]
        assert b"".join(api.get(address).streaming_content) == picture()
        assert content_of(upload)
        assert run()["migrated"] == 1
        assert content_of(row) == picture()

    def test_changes_nothing_in_a_dry_run(self, run: Run, back: Run, old_row: OldRow) -> None:
        row = old_row()
        run()
        assert back("--dry-run")["reverted"] == 1
        assert content_of(row) == picture()

    def test_keeps_rows_whose_old_object_is_gone_or_another(
        self, run: Run, back: Run, old_row: OldRow, legacy_folder: Path, dead_legacy_store: Callable[[], None]
    ) -> None:
        gone, changed, same = old_row(drawn(1)), old_row(drawn(2)), old_row(drawn(3))
        run()
        (legacy_folder / gone.legacy_key).unlink()
        (legacy_folder / changed.legacy_key).write_bytes(b"other")

        summary = back("--workers", "2")

        assert (summary["reverted"], summary["missing"], summary["changed"]) == (1, 1, 1)
        assert content_of(gone) == drawn(1)
        assert content_of(changed) == drawn(2)
        same.refresh_from_db()
        assert same.blob is None

    def test_compares_bytes_when_asked(self, run: Run, back: Run, old_row: OldRow, legacy_folder: Path) -> None:
        row = old_row(b"12345678")
        run()
        (legacy_folder / row.legacy_key).write_bytes(b"87654321")
        assert back("--verify")["changed"] == 1
        assert content_of(row) == b"12345678"

    def test_keeps_rows_whose_store_does_not_answer(
        self, run: Run, back: Run, old_row: OldRow, dead_legacy_store: Callable[[], None]
    ) -> None:
        row = old_row()
        run()
        dead_legacy_store()
        assert back()["unreadable"] == 1
        assert content_of(row) == picture()

    def test_keeps_rows_whose_old_object_is_the_content_store_s_own(self, back: Run) -> None:
        row = AttachmentFactory.create(image=True)
        Attachment.objects.filter(pk=row.pk).update(legacy_key=f"cas/{row.blob_id}")
        assert back()["kept"] == 1
        assert content_of(row)

    def test_after_the_clean_up_finds_nothing(self, run: Run, clean: Run, back: Run, old_row: OldRow) -> None:
        old_row()
        run()
        clean()
        assert back()["reverted"] == 0

    def test_goes_on_after_a_kill(self, run: Run, back: Run, old_row: OldRow) -> None:
        made = [old_row(drawn(number)) for number in range(2)]
        run()
        assert dies(back, at(storages["legacy"], "stat"))
        assert [content_of(row) for row in made] == [drawn(0), drawn(1)]
        assert back()["reverted"] == 2
