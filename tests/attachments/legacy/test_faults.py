"""Whatever breaks, nothing is lost, nothing wrong is served, and the next run finishes the rest."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest
from django.core.files.storage import storages
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet

from attachments.legacy import copying
from attachments.models import Attachment, LegacyDeletion, MigrationFailure
from cas.models import Blob
from cas.protocol import attach
from cas.storage import CASStorage, cas_storage
from cas.storage.staging import StagedFile
from tests.attachments.legacy.conftest import MigrateToCas, Run, content_of, drawn
from tests.cas.storage.test_staging import files_of_at_most
from tests.conftest import ApiClient
from tests.plugins.deaths import at, dies
from tests.plugins.faults import Faults
from tests.plugins.files import picture, sha256
from tests.plugins.legacy import OldRow

pytestmark = pytest.mark.django_db(transaction=True)

# After so many failures in a row a run asks whether the stores are there.
PATIENCE = 10


@pytest.fixture
def untouched(api: ApiClient, legacy_folder: Path) -> Callable[[Attachment], None]:
    """Asserts that a row is as before: not migrated, its old object there, and served."""

    def check(row: Attachment, data: bytes = picture()) -> None:
        row.refresh_from_db()
        assert row.blob is None
        assert (legacy_folder / row.legacy_key).read_bytes() == data
        address = f"/attachment-sets/{row.attachment_set_id}/attachments/{row.pk}"
        answer = api.get(api.get(address).json()["attachment_url"])
        assert b"".join(answer.streaming_content) == data

    return check


class TestTheOldObject:
    def test_that_cannot_be_read_fails_alone_and_is_tried_again(
        self, run: Run, old_row: OldRow, legacy_faults: Faults, untouched: Callable[..., None]
    ) -> None:
        first, second = old_row(drawn(1)), old_row(drawn(2))
        legacy_faults.fail("open_object")

        summary = run()

        assert (summary["migrated"], summary["unreadable"]) == (1, 1)
        untouched(first, drawn(1))
        assert content_of(second) == drawn(2)
        assert run()["migrated"] == 1

    def test_that_breaks_off_in_the_middle_fails_alone(
        self,
        run: Run,
        old_row: OldRow,
        monkeypatch: pytest.MonkeyPatch,
        staged_files: Callable[[], list[Path]],
        untouched: Callable[..., None],
    ) -> None:
        row = old_row()
        original = storages["legacy"].open_object  # type: ignore[attr-defined]

        class Breaking:
            def __init__(self, file: Any) -> None:
                self.file = file
                self.reads = 0

            def read(self, size: int) -> bytes:
                self.reads += 1
                if self.reads == 2:
                    raise OSError(5, "Input/output error")
                return bytes(self.file.read(100))

            def __enter__(self) -> Self:
                return self

            def __exit__(self, *error: object) -> None:
                self.file.close()

        def broken(key: str) -> Any:
            file, found = original(key)
            return Breaking(file), found

        with monkeypatch.context() as patch:
            patch.setattr(storages["legacy"], "open_object", broken)
            assert run()["unreadable"] == 1
        untouched(row)
        assert staged_files() == []
        assert run()["migrated"] == 1

    @pytest.mark.parametrize("change", [b"shorter", picture("blue"), None])
    def test_that_changes_while_it_is_read_waits_for_the_next_run(
        self, run: Run, old_row: OldRow, legacy_folder: Path, monkeypatch: pytest.MonkeyPatch, change: bytes | None
    ) -> None:
        row = old_row()
        path = legacy_folder / row.legacy_key
        original = StagedFile.seal

        def seal(staged: StagedFile) -> None:
            path.unlink() if change is None else path.write_bytes(change)
            original(staged)

        with monkeypatch.context() as patch:
            patch.setattr(StagedFile, "seal", seal)
            summary = run()

        assert (summary["failed"], summary["migrated"]) == (1, 0)
        assert not Blob.objects.exists()
        if change is not None:
            assert summary["changed"] == 1
            assert run()["migrated"] == 1
            assert content_of(row) == change

    def test_store_that_is_gone_stops_the_run_and_blames_no_row(
        self, run: MigrateToCas, old_row: OldRow, dead_legacy_store: Callable[[], None]
    ) -> None:
        for number in range(PATIENCE + 5):
            old_row(drawn(number))
        dead_legacy_store()
        assert PATIENCE <= run()["unreadable"] < PATIENCE + 5
        assert run.code == 1
        assert "Stopped. The old store does not answer" in run.told
        assert not MigrationFailure.objects.filter(reason="missing").exists()

    def test_failures_in_a_row_do_not_stop_a_run_whose_stores_answer(
        self, run: Run, old_row: OldRow, legacy_faults: Faults
    ) -> None:
        for number in range(PATIENCE + 3):
            old_row(drawn(number))
        legacy_faults.fail("open_object", times=PATIENCE + 1)
        summary = run()
        assert (summary["migrated"], summary["unreadable"]) == (2, PATIENCE + 1)


class TestTheContentStore:
    @pytest.mark.parametrize(("operation", "after_effect"), [("stat", False), ("publish", False), ("publish", True)])
    def test_that_fails_leaves_the_row_for_the_next_run(
        self,
        run: Run,
        old_row: OldRow,
        faults: Faults,
        untouched: Callable[..., None],
        staged_files: Callable[[], list[Path]],
        operation: str,
        after_effect: bool,
    ) -> None:
        row = old_row()
        faults.fail(operation, after_effect=after_effect)

        assert run()["not_stored"] == 1

        assert not Blob.objects.exists()
        untouched(row)
        assert staged_files() == []
        assert run()["migrated"] == 1
        assert content_of(row) == picture()

    def test_that_is_down_stops_the_run_and_gets_the_rest_later(
        self, run: MigrateToCas, old_row: OldRow, faults: Faults
    ) -> None:
        for number in range(PATIENCE + 5):
            old_row(drawn(number))
        faults.fail("stat", times=PATIENCE + 5)
        assert PATIENCE <= run()["not_stored"] < PATIENCE + 5
        assert "Stopped. The content store does not answer" in run.told
        faults.forget()
        assert run()["migrated"] == PATIENCE + 5

    def test_whose_disk_is_full_takes_it_later(
        self, run: Run, old_row: OldRow, untouched: Callable[..., None], staged_files: Callable[[], list[Path]]
    ) -> None:
        large = bytes(300_000)
        row = old_row(large)
        with files_of_at_most(100_000):
            assert run()["not_stored"] == 1
        untouched(row, large)
        assert staged_files() == []
        assert run()["migrated"] == 1

    def test_whose_disk_stays_full_stops_the_run(self, run: MigrateToCas, old_row: OldRow) -> None:
        for _ in range(PATIENCE):
            old_row(bytes(300_000))
        with files_of_at_most(100_000):
            run()
        assert "Stopped. There is no room" in run.told


class TestTheDatabase:
    def test_that_fails_to_commit_leaves_an_object_and_the_row_for_the_next_run(
        self,
        run: Run,
        old_row: OldRow,
        faults: Faults,
        monkeypatch: pytest.MonkeyPatch,
        untouched: Callable[..., None],
        stored: Callable[[], list[str]],
    ) -> None:
        row = old_row()
        original = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

        def commit(database: BaseDatabaseWrapper) -> None:
            if faults.count("publish") == 1 and not failed:
                failed.append(True)
                raise OperationalError("the server closed the connection unexpectedly")
            original(database)

        failed: list[bool] = []
        with monkeypatch.context() as patch:
            patch.setattr(BaseDatabaseWrapper, "_commit", commit)
            assert run()["database"] == 1

        assert stored() == [sha256(picture())]
        untouched(row)
        assert run()["migrated"] == 1
        assert stored() == [sha256(picture())]
        assert content_of(row) == picture()

    if connection.vendor == "postgresql":  # SQLite has no server that could close a connection.

        def test_that_closed_the_connection_gets_another(
            self, run: Run, old_row: OldRow, store: CASStorage, monkeypatch: pytest.MonkeyPatch
        ) -> None:
            first, second = old_row(drawn(1)), old_row(drawn(2))
            original = store.publish

            def publish(staged: StagedFile) -> None:
                original(staged)
                if staged.digest == sha256(drawn(1)):
                    other = connection.copy()
                    with other.cursor() as cursor:
                        cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
                    other.close()

            with monkeypatch.context() as patch:
                patch.setattr(store, "publish", publish)
                summary = run()

            assert (summary["database"], summary["migrated"]) == (1, 1)
            assert run()["migrated"] == 1
            assert content_of(first) == drawn(1)
            assert content_of(second) == drawn(2)


class TestAnUnexpectedError:
    def test_stops_nobody_else(self, run: MigrateToCas, old_row: OldRow, monkeypatch: pytest.MonkeyPatch) -> None:
        first, second = old_row(drawn(1)), old_row(drawn(2))
        original = copying._point_to

        def fail(row: Any, *args: Any) -> bool:
            if row.id == first.pk:
                raise ZeroDivisionError
            return original(row, *args)

        with monkeypatch.context() as patch:
            patch.setattr(copying, "_point_to", fail)
            summary = run("--workers", "2")
        assert (summary["unexpected"], summary["migrated"]) == (1, 1)
        assert "ZeroDivisionError" in run.told
        assert content_of(second) == drawn(2)
        assert run()["migrated"] == 1


# Where a run is killed: whose method, its name, and whether before or after it.
STEPS: dict[str, tuple[Callable[[], Any], str, str]] = {
    "before the old object is opened": (lambda: storages["legacy"], "open_object", "before"),
    "while it is read": (lambda: StagedFile, "write", "after"),
    "after it is read": (lambda: StagedFile, "seal", "after"),
    "after the second look at it": (lambda: storages["legacy"], "stat", "after"),
    "after the blob is inserted": (lambda: QuerySet, "bulk_create", "after"),
    "after the row refers to it": (lambda: copying, "_point_to", "after"),
    "before the object is sent": (cas_storage, "publish", "before"),
    "after the object is sent": (cas_storage, "publish", "after"),
    "after the commit": (lambda: attach, "attach", "after"),
}


class TestAKill:
    @pytest.mark.parametrize("step", STEPS)
    def test_loses_nothing(self, run: Run, old_row: OldRow, store: CASStorage, api: ApiClient, step: str) -> None:
        first, second = old_row(drawn(1)), old_row(drawn(2))
        owner, name, moment = STEPS[step]

        assert dies(run, at(owner(), name, before=moment == "before"))

        for row, data in ((first, drawn(1)), (second, drawn(2))):
            address = f"/attachment-sets/{row.attachment_set_id}/attachments/{row.pk}"
            answer = api.get(api.get(address).json()["attachment_url"])
            assert b"".join(answer.streaming_content) == data
        summary = run()
        assert summary["migrated"] + summary["already_there"] == 2
        assert summary["failed"] == 0
        assert content_of(first) == drawn(1)
        assert content_of(second) == drawn(2)
        assert sorted(item.name for item in store.objects()) == sorted([sha256(drawn(1)), sha256(drawn(2))])

    @pytest.mark.parametrize("before", [True, False])
    def test_of_a_clean_up_loses_nothing(
        self, run: Run, clean: Run, back: Run, old_row: OldRow, legacy_folder: Path, before: bool
    ) -> None:
        row = old_row()
        run()

        assert dies(clean, at(storages["legacy"], "remove", before=before))

        row.refresh_from_db()
        assert row.legacy_key
        assert (legacy_folder / row.legacy_key).exists() is before
        # The way back finds out whether the object is there, and leaves the next clean-up what it has to know.
        summary = back()
        assert (summary["reverted"], summary["missing"]) == ((1, 0) if before else (0, 1))
        summary = clean()
        assert (summary["objects_deleted"], summary["keys_cleared"], summary["failed"]) == (1, 1, 0)
        assert not LegacyDeletion.objects.exists()
        assert content_of(row) == picture()
