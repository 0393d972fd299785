"""backup: what is copied, what is kept, what is refused, and what a fault or a kill leaves behind."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError
from django.test import Client

from attachments.models import Attachment, RemovedAttachment
from backups import copying, pruning
from backups.databases import kind
from backups.places import Bucket, Folder
from cas.models import Blob
from cas.storage import CASStorage
from parts.models import Part
from tests.backends import is_embedded
from tests.backups.conftest import Place
from tests.kills import Killed
from tests.plugins.commands import Run
from tests.plugins.faults import overwrite
from tests.plugins.files import sha256

pytestmark = pytest.mark.django_db(transaction=True)

Upload = Callable[..., Attachment]
Collect = Callable[[], None]
backup = partial(Run, "backup")


class TestTakes:
    def test_everything_at_first_and_then_what_is_new(self, upload: Upload, place: Place) -> None:
        upload(b"first")
        upload(b"second")
        assert backup("--dry-run", place.name).numbers("would_copy", "would_copy_bytes") == (2, 11)
        first = backup(place.name)
        assert (first.code, first.errors) == (0, "")
        assert first.numbers("contents", "copied", "copied_bytes", "missing", "backups") == (2, 2, 11, 0, 1)
        upload(b"third")
        assert backup("--dry-run", place.name).summary["would_copy"] == 1
        assert backup(place.name).numbers("contents", "copied", "copied_bytes", "backups") == (3, 1, 5, 2)
        assert {sha256(data) for data in (b"first", b"second", b"third")} < place.contents()

    def test_tells_prometheus_when_it_was(self, upload: Upload, place: Place) -> None:
        upload(b"first")
        backup(place.name)
        figures = Client().get("/metrics").content.decode()
        assert "backup_finished_timestamp_seconds" in figures
        assert "backup_contents 1.0" in figures

    def test_names_the_versions_and_is_for_this_account_only(self, place: Place) -> None:
        backup(place.name)
        [manifest] = place.manifests()
        assert manifest["migrations"]["parts"][-1] >= "0007"
        assert manifest["versions"].keys() == {"database", "django", "python"}
        keys = (place.root / "cas" / manifest["keys"]["digest"]).read_text(encoding="utf-8")
        assert keys.splitlines()[0] == f"DJANGO_SECRET_KEY={settings.SECRET_KEY}"
        if is_embedded():
            assert {path.stat().st_mode & 0o777 for path in (place.root, place.root / "backups")} == {0o700}

    def test_leaves_the_keys_out(self, place: Place) -> None:
        backup("--without-keys", place.name)
        assert place.manifests()[0]["keys"] is None

    def test_says_which_files_it_cannot_take(self, place: Place) -> None:
        Attachment.objects.create(
            attachment_set=Part.objects.create(description="Old").attachment_set,
            attachment_type="image",
            title="Old",
            legacy_key="old/1.jpg",
        )
        run = backup(place.name)
        assert run.numbers("legacy_files_left_out", "failed") == (1, 0)
        assert "1 files of the old system are not in the backup" in run.errors


class TestKeeps:
    def test_what_the_oldest_dump_needs_and_nothing_else(
        self, upload: Upload, place: Place, collect_now: Collect, stored: Callable[[], list[str]]
    ) -> None:
        going, staying = upload(b"going"), upload(b"staying")
        backup("--keep", "2", place.name)
        going.delete()
        collect_now()
        assert stored() == [staying.blob_id]
        assert backup("--keep", "2", place.name).numbers("backups", "deleted_backups") == (2, 0)
        # The first one still needs it.
        assert sha256(b"going") in place.contents()
        upload(b"new")
        (place.root / "cas" / "a stranger").touch()
        assert backup("--keep", "2", place.name).numbers("backups", "deleted_backups") == (2, 1)
        manifests = place.manifests()
        needed = {manifest[name]["digest"] for manifest in manifests for name in ("database", "listing", "keys")}
        assert place.contents() == needed | {sha256(b"staying"), sha256(b"new"), "a stranger"}

    def test_everything_while_a_backup_cannot_be_read(self, upload: Upload, place: Place) -> None:
        for number in range(2):
            upload(b"content %d" % number)
            backup(place.name)
        place.damage(place.manifests()[1]["listing"]["digest"])
        upload(b"another listing")
        before = place.contents()
        run = backup("--keep", "2", place.name)
        assert (run.code, run.summary["failed"], run.summary["backups"]) == (1, 1, 3)
        assert "No old backup was deleted." in run.errors
        assert before < place.contents()

    def test_everything_while_the_new_one_lacks_something(
        self, upload: Upload, place: Place, store: CASStorage
    ) -> None:
        upload(b"good")
        backup(place.name)
        lost = upload(b"lost").blob_id
        assert lost is not None
        store.remove(lost)
        run = backup("--keep", "1", place.name)
        assert (run.code, *run.numbers("missing", "failed", "backups", "deleted_backups")) == (1, 1, 1, 2, 0)
        assert f"critical: {lost}: The store does not hold it" in run.errors
        assert place.manifests()[1]["missing"] == 1


class TestFinds:
    def test_damage_in_the_store_and_does_not_copy_it(self, upload: Upload, place: Place, store: CASStorage) -> None:
        digest = upload(b"content").blob_id
        assert digest is not None
        overwrite(store, digest, b"c0ntent")
        run = backup(place.name)
        assert (run.code, *run.numbers("corrupt", "copied", "failed")) == (1, 1, 0, 1)
        assert digest not in place.contents()

    def test_damage_in_the_backup_and_repairs_it(self, upload: Upload, place: Place) -> None:
        digests = [upload(data).blob_id or "" for data in (b"cut off", b"flipped")]
        backup(place.name)
        (place.root / "cas" / digests[0]).write_bytes(b"cut")
        assert backup(place.name).numbers("copied", "repaired", "failed") == (1, 1, 0)
        place.damage(digests[1])
        assert backup(place.name).summary["repaired"] == 0
        assert backup("--deep", place.name).numbers("copied", "repaired", "failed") == (1, 1, 0)
        assert (place.root / "cas" / digests[1]).read_bytes() == b"flipped"


class TestWhileOthersWork:
    def test_what_was_collected_after_the_dump_is_no_loss_if_nothing_used_it(
        self,
        upload: Upload,
        garbage: Callable[..., str],
        place: Place,
        monkeypatch: pytest.MonkeyPatch,
        collect_now: Collect,
    ) -> None:
        upload(b"kept")
        garbage(b"garbage")
        original = copying.copy_all

        def collect_first(*arguments: Any, **options: Any) -> Any:
            collect_now()
            return original(*arguments, **options)

        monkeypatch.setattr(copying, "copy_all", collect_first)
        assert backup(place.name).numbers("contents", "copied", "failed") == (1, 1, 0)

    def test_a_kill_before_the_manifest_costs_nothing(
        self, upload: Upload, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upload(b"content")

        def die(*arguments: object) -> None:
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(Folder if is_embedded() else Bucket, "write", die)
            with pytest.raises(Killed):
                backup(place.name)
        with pytest.raises(CommandError, match="There is no backup"):
            Run("restore", place.name)
        assert backup(place.name).numbers("contents", "copied", "backups") == (1, 0, 1)

    def test_a_kill_among_the_deletions_is_made_up_for(
        self, upload: Upload, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        attachment = upload(b"going")
        backup(place.name)
        attachment.delete()
        RemovedAttachment.objects.all().delete()
        Blob.objects.all().delete()

        def die(*arguments: object) -> None:
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(pruning, "_sweep", die)
            with pytest.raises(Killed):
                backup("--keep", "1", place.name)
        assert sha256(b"going") in place.contents()
        assert backup("--keep", "1", place.name).summary["backups"] == 1
        assert sha256(b"going") not in place.contents()

    def test_the_dump_is_of_one_moment(self, upload: Upload, tmp_path: Path) -> None:
        before = upload(b"before").blob_id
        with kind().snapshot(tmp_path) as snapshot:
            # As somebody else does meanwhile, on another connection.
            known = {item.digest for item in snapshot.contents()}
            snapshot.dump(tmp_path / "dump")
        assert known == {before}


class TestRefuses:
    def test_a_place_that_is_empty_all_at_once(self, upload: Upload, place: Place) -> None:
        upload(b"content")
        backup(place.name)
        for path in place.root.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        with pytest.raises(CommandError, match="Is its disk mounted"):
            backup(place.name)
        assert list(place.root.iterdir()) == []
        assert backup("--bind", place.name).summary["copied"] == 1

    def test_the_place_of_another_database(self, place: Place) -> None:
        backup(place.name)
        (place.root / "cas-binding.json").write_text('{"database": "another"}')
        with pytest.raises(CommandError, match="are of another database"):
            backup(place.name)
        assert backup("--bind", place.name).summary["backups"] == 2
        assert backup(place.name).summary["backups"] == 3

    def test_the_store_itself(self) -> None:
        own = (
            str(settings.DATA_DIR / "store" / "backup") if is_embedded() else f"s3://{settings.AWS_STORAGE_BUCKET_NAME}"
        )
        with pytest.raises(CommandError, match=r"Choose another folder|needs another bucket"):
            backup(own)

    def test_what_is_no_place(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="is no bucket"):
            backup("s3://bucket/folder")
        with pytest.raises(CommandError, match="cannot be used"):
            backup(str(tmp_path / "not" / "there"))

    @pytest.mark.only("servers")
    def test_without_the_programs_of_postgresql(
        self, place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(settings, "POSTGRES_BIN_DIR", tmp_path)
        with pytest.raises(CommandError, match="There is no pg_dump in"):
            backup(place.name)
