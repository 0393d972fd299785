"""restore: into an empty installation, never over anything, of this and of every earlier release."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError

from attachments.models import Attachment
from backups.manifests import decoded
from backups.places import place as place_of
from cas.storage import CASStorage
from tests.backends import is_embedded
from tests.backups.conftest import Place, Site
from tests.plugins.commands import Run
from tests.plugins.deaths import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

Upload = Callable[..., Attachment]
RELEASES = Path(__file__).parent / "releases"
VENDOR = "sqlite" if is_embedded() else "postgresql"


def test_an_empty_installation_becomes_the_site(upload: Upload, place: Place, site: Site) -> None:
    digests = {upload(data).blob_id or "" for data in (b"first", b"second")}
    Run("backup", place.name)
    # The store as another database has left it.
    (site.store / "cas").mkdir(parents=True, exist_ok=True)
    shutil.copy(place.root / "cas" / min(digests), site.store / "cas")
    (site.store / "cas-binding.json").write_text('{"database": "another"}')
    refused, restored, ready, read, uploaded, backed_up, again = site.run(
        f"restore {place.name}",
        f"restore --json --bind-store --check {place.name}",
        "ready",
        "read",
        "upload 1 2",
        f"backup {place.name}",
        f"restore --bind-store {place.name}",
    )
    assert "The store belongs to another database; nothing was changed." in refused
    # It says more when keys are left to the operator.
    counts = json.loads(restored[restored.index("{") : restored.rindex("}") + 1])
    assert (counts["contents"], counts["copied"], counts["hashed"], counts["failed"]) == (2, 1, 2, 0)
    assert (ready, read, uploaded) == ([200, "ok"], [200, 200], "uploaded")
    assert digests < {path.name for path in (site.store / "cas").iterdir()}
    # The restored database is another one: it does not go on with the first one's backups by itself.
    assert "are of another database" in backed_up
    assert "The database has tables already; nothing was changed." in again
    kept = site.data / ("secret_key" if is_embedded() else "restored-keys")
    assert settings.SECRET_KEY in kept.read_text(encoding="utf-8")
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.only("embedded")
def test_one_that_was_killed_is_run_again(upload: Upload, place: Place, site: Site) -> None:
    digests = {upload(data).blob_id or "" for data in (b"first", b"second")}
    Run("backup", place.name)
    # Whoever opens a pipe waits for somebody who writes into it.
    second = place.root / "cas" / max(digests)
    second.rename(place.root / "aside")
    os.mkfifo(second)
    with site.start(f"restore {place.name}") as process:
        wait_until(lambda: {path.name for path in (site.store / "cas").glob("*")} == {min(digests)})
        process.kill()
    (place.root / "aside").rename(second)
    _, ready, read = site.run(f"restore {place.name}", "ready", "read")
    assert (ready, read) == ([200, "ok"], [200, 200])
    assert digests == {path.name for path in (site.store / "cas").iterdir()}


def test_contents_that_the_store_has_lost_come_back(upload: Upload, place: Place, store: CASStorage) -> None:
    lost, kept = upload(b"lost").blob_id, upload(b"kept").blob_id
    assert lost is not None
    Run("backup", place.name)
    store.remove(lost)
    restored = Run("restore", "--contents-only", place.name)
    assert (restored.code, *restored.numbers("contents", "copied", "failed")) == (0, 2, 1, 0)
    assert {item.name for item in store.objects()} == {lost, kept}
    assert Run("cas_check", "--deep").numbers("hashed", "critical") == (2, 0)


class TestRefuses:
    def test_a_later_release(self, place: Place) -> None:
        Run("backup", place.name)
        [file] = (place.root / "backups").iterdir()
        manifest = decoded(file.stem, file.read_bytes())
        manifest.migrations["parts"].append("9999_the_future")
        place_of(place.name).write(*replace(manifest, taken_at="2999-01-01T00:00:00+00:00").encoded())
        with pytest.raises(CommandError, match=r"later release: .* the migration parts.9999_the_future"):
            Run("restore", place.name)

    def test_another_kind_of_database(self, place: Place) -> None:
        Run("backup", place.name)
        [file] = (place.root / "backups").iterdir()
        manifest = decoded(file.stem, file.read_bytes())
        place_of(place.name).write(*replace(manifest, vendor="other", taken_at="2999-01-01T00:00:00+00:00").encoded())
        with pytest.raises(CommandError, match="The backup is of a other database"):
            Run("restore", place.name)

    def test_a_name_that_is_not_there(self, place: Place) -> None:
        Run("backup", place.name)
        [file] = (place.root / "backups").iterdir()
        with pytest.raises(CommandError, match=f"There is no backup yesterday. There are: {file.stem}"):
            Run("restore", "--backup", "yesterday", place.name)


@pytest.mark.parametrize("release", sorted(path.name for path in RELEASES.iterdir()))
def test_a_backup_of_every_release_is_restored(release: str, site: Site) -> None:
    restored, read, uploaded = site.run(
        f"restore --json --check --without-keys {RELEASES / release / VENDOR}", "read", "upload 1 2"
    )
    counts = json.loads(restored[restored.index("{") : restored.rindex("}") + 1])
    assert (counts["missing"], counts["corrupt"], counts["critical"], counts["failed"]) == (0, 0, 0, 0)
    assert counts["hashed"] == counts["contents"] >= 2
    assert set(read) == {200}
    assert uploaded == "uploaded"
