"""Who makes the folder of the store, and what happens while it is not there."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from pytest_django import Settings

from cas.models import Blob
from parts.models import Part
from tests.conftest import ApiClient
from tests.plugins.files import picture

pytestmark = pytest.mark.django_db

Photo = Callable[..., SimpleUploadedFile]


@pytest.fixture
def root(tmp_path: Path, settings: Settings) -> Path:
    """The root of a store that is a folder, whatever the backend. It is not there, and nobody has used it yet."""
    root = tmp_path / "store"
    settings.STORAGES = settings.STORAGES | {
        "cas": {"BACKEND": "cas.storage.FileSystemCASStorage", "OPTIONS": {"location": root}}
    }
    return root


@pytest.fixture
def restart(settings: Settings) -> Callable[[], None]:
    """Forgets the store that this process has, as another process does not have it yet."""

    def forget() -> None:
        settings.STORAGES = dict(settings.STORAGES)

    return forget


def migrate() -> None:
    call_command("migrate", verbosity=0)


def storage_of(api: ApiClient) -> tuple[int, str]:
    answer = api.get("http://testserver/health/ready")
    return answer.status_code, answer.json()["storage"]


def upload(api: ApiClient, photo: SimpleUploadedFile) -> Any:
    return api.upload(Part.objects.create(description="A timer").attachment_set_id, photo)


class TestMigrate:
    def test_makes_the_folder_of_a_new_installation(self, root: Path, api: ApiClient, photo: Photo) -> None:
        assert storage_of(api) == (503, "unavailable")
        migrate()
        assert storage_of(api) == (200, "ok")
        assert upload(api, photo()).status_code == 201

    def test_again_changes_nothing(self, root: Path, api: ApiClient, photo: Photo) -> None:
        migrate()
        (root / "cas" / "README").write_text("put here by hand")
        migrate()
        assert (root / "cas" / "README").exists()

    def test_makes_no_folder_for_contents_that_are_somewhere_else(self, root: Path, api: ApiClient) -> None:
        Blob.objects.create(digest="0" * 64, size=1)
        migrate()
        assert not root.exists()
        assert storage_of(api) == (503, "unavailable")

    def test_ends_well_when_the_folder_cannot_be_made(self, root: Path, api: ApiClient) -> None:
        root.symlink_to("/proc/self/nowhere")
        migrate()
        assert storage_of(api) == (503, "unavailable")


@pytest.mark.parametrize("instead", ["nothing", "an empty folder", "a link to nowhere", "a file"])
class TestStoreThatIsNotMounted:
    @pytest.fixture(autouse=True)
    def away(self, root: Path, api: ApiClient, photo: Photo, restart: Callable[[], None], instead: str) -> Path:
        """The store with the bytes of one attachment, taken away from a server that is started again."""
        migrate()
        self.address = upload(api, photo("green")).json()["attachment_url"]
        away = root.rename(root.with_name("away"))
        restart()
        if instead == "an empty folder":
            root.mkdir()
        elif instead == "a link to nowhere":
            root.symlink_to("/proc/self/nowhere")
        elif instead == "a file":
            root.touch()
        return away

    def test_is_unavailable_and_takes_nothing(
        self, root: Path, api: ApiClient, photo: Photo, restart: Callable[[], None]
    ) -> None:
        for _ in range(2):
            assert storage_of(api) == (503, "unavailable")
            answers = [upload(api, photo("blue")), api.get(self.address)]
            assert [(answer.status_code, answer.json()["details"]["code"]) for answer in answers] == [
                (500, "storage_unavailable")
            ] * 2
            # Neither does what an operator tries next put an empty one in its place.
            migrate()
            restart()
        assert Blob.objects.count() == 1
        assert not (root / "cas").exists()

    @pytest.mark.parametrize("command", ["cas_check", "cas_gc", "cas_import"])
    def test_commands_say_so(self, root: Path, command: str, tmp_path: Path) -> None:
        arguments = [str(tmp_path)] if command == "cas_import" else []
        (tmp_path / "a.jpg").write_bytes(b"bytes")
        Blob.objects.bulk_create(
            Blob(digest=digit * 64, size=1, condemned_at=datetime(2020, 1, 1, tzinfo=UTC)) for digit in "abc"
        )
        errors = StringIO()
        try:
            call_command(command, *arguments, stdout=StringIO(), stderr=errors)
        except (CommandError, SystemExit) as end:
            errors.write(str(end))
        assert "does not answer" in errors.getvalue()
        assert not (root / "cas").exists()

    def test_is_as_it_was_when_it_comes_back(
        self, root: Path, away: Path, api: ApiClient, photo: Photo, instead: str
    ) -> None:
        assert upload(api, photo("blue")).status_code == 500
        if instead == "an empty folder":
            root.rename(root.with_name("beneath the mount"))
        elif instead != "nothing":
            root.unlink()
        # Nothing has appeared in its place.
        away.rename(root)
        assert storage_of(api) == (200, "ok")
        assert api.get(self.address).getvalue() == picture("green")
        assert upload(api, photo("blue")).status_code == 201
        call_command("cas_check", "--deep", stdout=StringIO())
