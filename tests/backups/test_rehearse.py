"""rehearse: a backup that was taken while people work is restored, read through, and gone again."""

import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError
from django.db import connection, connections
from django.test import Client

from attachments.models import Attachment, RemovedAttachment
from backups import copying
from cas.storage import FileSystemCASStorage, cas_storage
from tests.backups.conftest import Place
from tests.plugins.commands import Run
from tests.plugins.database import PATIENCE_SECONDS

Upload = Callable[..., Attachment]


class Uploader(threading.Thread):
    """Somebody who uploads one file after another."""

    def __init__(self, name: str, upload: Upload) -> None:
        super().__init__(name=name)
        self._upload = upload
        self._ending = threading.Event()
        self._progress = threading.Condition()
        self.uploaded = 0

    def run(self) -> None:
        try:
            for number in count():
                if self._ending.is_set():
                    return
                self._upload(f"{self.name} {number}".encode())
                with self._progress:
                    self.uploaded += 1
                    self._progress.notify_all()
        finally:
            connections.close_all()

    def wait_for(self, more: int) -> None:
        """Return when so many further files are uploaded."""
        goal = self.uploaded + more
        with self._progress:
            assert self._progress.wait_for(lambda: self.uploaded >= goal, PATIENCE_SECONDS)

    def stop(self) -> None:
        self._ending.set()
        self.join(PATIENCE_SECONDS)


@pytest.fixture
def uploaders(upload: Upload, transactional_db: None) -> Iterator[list[Uploader]]:
    people = [Uploader("Ann", upload), Uploader("Bob", upload)]
    for person in people:
        person.start()
    yield people
    for person in people:
        person.stop()


def databases() -> set[str]:
    """The databases of the server."""
    if connection.vendor == "sqlite":
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        return {name for (name,) in cursor.fetchall()}


def test_a_backup_that_was_taken_during_work_is_whole(
    place: Place, uploaders: list[Uploader], monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in uploaders:
        person.wait_for(5)
    original = copying.copy_all

    def work_first(*arguments: Any, **options: Any) -> Any:
        """Work goes on between the dump and the copies: uploads, deletions, and the collector with its grace."""
        for person in uploaders:
            person.wait_for(5)
        rows = Attachment.objects.order_by("pk").values_list("pk", flat=True)
        Attachment.objects.filter(pk__in=list(rows[:6])).delete()
        RemovedAttachment.objects.all().delete()
        assert Run("cas_gc").summary["condemned"] == 6
        return original(*arguments, **options)

    monkeypatch.setattr(copying, "copy_all", work_first)
    taken = Run("backup", place.name)
    for person in uploaders:
        person.stop()
    before = databases()
    rehearsed = Run("rehearse", place.name)
    assert (rehearsed.code, rehearsed.found) == (0, [])
    assert rehearsed.numbers("missing", "corrupt", "critical", "warnings", "failed") == (0, 0, 0, 0, 0)
    assert rehearsed.numbers("contents", "copied", "hashed") == taken.numbers("contents", "copied", "copied")
    assert rehearsed.summary["contents"] >= 10
    # Nothing of it is left, and it was told.
    assert (databases(), (settings.DATA_DIR / "rehearsal").exists()) == (before, False)
    assert "rehearse_finished_timestamp_seconds" in Client().get("/metrics").content.decode()


@pytest.mark.django_db(transaction=True)
class TestFinds:
    def test_one_flipped_bit_and_names_the_row_that_it_hurts(self, place: Place, upload: Upload) -> None:
        attachment = upload(b"a datasheet")
        upload(b"another")
        Run("backup", place.name)
        place.damage(attachment.blob_id or "")
        rehearsed = Run("rehearse", place.name)
        assert (rehearsed.code, *rehearsed.numbers("corrupt", "copied", "critical")) == (1, 1, 1, 1)
        found = [finding for finding in rehearsed.summary["findings"] if finding["subject"] == attachment.blob_id]
        assert rehearsed.found == ["corrupt", "missing"]
        assert found[0]["sentence"].startswith("Its bytes in the backup are not those")
        assert found[1]["hurts"] == [str(attachment)]
        assert rehearsed.summary["failed"] == 2

    def test_a_damaged_manifest(self, place: Place) -> None:
        Run("backup", place.name)
        [file] = (place.root / "backups").iterdir()
        file.write_text(file.read_text(encoding="utf-8").replace('"missing": 0', '"missing": 1'), encoding="utf-8")
        with pytest.raises(CommandError, match=r"The manifest of the backup .* is damaged"):
            Run("rehearse", place.name)


@pytest.mark.django_db(transaction=True)
class TestRefuses:
    def test_a_place_that_is_in_use(self, place: Place, tmp_path: Path) -> None:
        Run("backup", place.name)
        (tmp_path / "precious").write_text("something")
        with pytest.raises(CommandError, match="is in the way"):
            Run("rehearse", "--scratch", str(tmp_path), place.name)
        assert (tmp_path / "precious").exists()

    @pytest.mark.only("embedded")
    @pytest.mark.parametrize("below", ["", "scratch"])
    def test_the_store(self, place: Place, below: str) -> None:
        Run("backup", place.name)
        store = cas_storage()
        assert isinstance(store, FileSystemCASStorage)
        with pytest.raises(CommandError, match="lie in each other"):
            Run("rehearse", "--scratch", str(store.location / below), place.name)

    @pytest.mark.only("servers")
    def test_a_database_that_no_rehearsal_has_made(self, place: Place) -> None:
        Run("backup", place.name)
        name = f"{settings.DATABASE_URL.partition('?')[0].rpartition('/')[2]}_rehearsal"
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
            try:
                with pytest.raises(CommandError, match=f"The database {name} is in the way"):
                    Run("rehearse", place.name)
                assert name in databases()
            finally:
                cursor.execute(f'DROP DATABASE "{name}"')
