"""What every test may ask for."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.core.files.storage import storages
from django.test import Client
from django_prometheus.middleware import Metrics
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from cas.media import jobs
from cas.storage import BINDING, CASStorage, FileSystemCASStorage, cas_storage, write_failures
from tests.backends import PATIENCE_SECONDS

pytest_plugins = [
    "tests.plugins.files",
    "tests.plugins.database",
    "tests.plugins.faults",
    "tests.plugins.migrations",
    "tests.plugins.legacy",
    "tests.plugins.server",
    "tests.plugins.contents",
    "tests.plugins.blobs",
    "tests.plugins.web",
    "tests.plugins.small_s3",
    "tests.plugins.collection",
]

# A busy machine is no reason to fail.
hypothesis_settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def request_metrics() -> None:
    """The metrics of requests exist, as in a server, whose threads begin after it has loaded the middleware.

    The library makes them with the first handler, without a lock: first clients in two threads would make them twice.
    """
    Metrics.get_instance()


@pytest.fixture(scope="session", autouse=True)
def patient_jobs() -> Iterator[None]:
    """A job of this process may take as long as a slow machine needs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "WALL_SECONDS", float(PATIENCE_SECONDS))
        yield


@pytest.fixture(autouse=True)
def clean_store() -> Iterator[None]:
    """Every test starts with an empty store: files do not roll back."""
    # A test without a database has not migrated either.
    cas_storage().create()
    yield
    write_failures.clear(cas_storage().staging_dir)
    for folder in store_folders():
        for path in folder.iterdir() if folder.is_dir() else ():
            if path.name == BINDING:
                # It belongs to the test database, which stays too.
                continue
            if path.is_dir():
                shutil.rmtree(path)
                path.mkdir()
            else:
                path.unlink()


def store_folders() -> list[Path]:
    """Where bytes lie, whichever store is tested."""
    folders = [settings.DATA_DIR / name for name in ("store", "staging", "previews", "thumbnails", "legacy")]
    if "TEST_S3_ROOT" in os.environ:
        folders += [path for bucket in Path(os.environ["TEST_S3_ROOT"]).iterdir() for path in bucket.iterdir()]
    return folders


@pytest.fixture
def store() -> CASStorage:
    """The configured store."""
    return cas_storage()


@pytest.fixture
def stored(store: CASStorage) -> Callable[[], list[str]]:
    """The names of the objects in the store."""
    return lambda: [item.name for item in store.objects()]


@pytest.fixture
def staged_files(store: CASStorage) -> Callable[[], list[Path]]:
    """The temporary files that are left in staging."""
    return lambda: list(store.staging_dir.glob("*")) if store.staging_dir.exists() else []


@pytest.fixture
def legacy_folder() -> Path:
    """The folder in which the legacy store, folder or bucket, has its objects."""
    if isinstance(cas_storage(), FileSystemCASStorage):
        return Path(storages["legacy"].path(""))
    return Path(os.environ["TEST_S3_ROOT"]) / settings.AWS_STORAGE_BUCKET_NAME


@pytest.fixture
def superuser(db: None) -> User:
    """Somebody who may do everything."""
    return User.objects.create_superuser("chief", "chief@example.com", "secret")


@pytest.fixture
def chief(superuser: User) -> Client:
    """Their browser, in the admin."""
    client = Client()
    client.force_login(superuser)
    return client


@pytest.fixture
def staff(db: None) -> Callable[..., Client]:
    """Staff with just these permissions."""

    def make(*permissions: str) -> Client:
        user = User.objects.create_user("staff", is_staff=True)
        for name in permissions:
            app, codename = name.split(".")
            user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def api(superuser: User) -> "ApiClient":
    """A logged-in client of the API."""
    client = ApiClient()
    client.force_login(superuser)
    return client


@pytest.fixture
def anonymous() -> "ApiClient":
    """A client of nobody."""
    return ApiClient()


@pytest.fixture
def reader(db: None) -> "ApiClient":
    """A logged-in client of somebody without any permission."""
    client = ApiClient()
    client.force_login(User.objects.create_user("guest", "guest@example.com", "secret"))
    return client


class ApiClient(Client):
    """Sends JSON by default, and takes paths below /api. (Its methods are Django's with fewer named parameters.)"""

    def get(self, path: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        return super().get(_api(path), *args, **kwargs)

    def post(self, path: str, data: Any = None, content_type: str = "application/json", **kwargs: Any) -> Any:  # type: ignore[override]
        return super().post(_api(path), data if data is not None else {}, content_type, **kwargs)

    def put(self, path: str, data: Any = "", content_type: str = "application/json", **kwargs: Any) -> Any:  # type: ignore[override]
        return super().put(_api(path), data, content_type, **kwargs)

    def patch(self, path: str, data: Any = "", content_type: str = "application/json", **kwargs: Any) -> Any:  # type: ignore[override]
        return super().patch(_api(path), data, content_type, **kwargs)

    def delete(self, path: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        return super().delete(_api(path), *args, **kwargs)

    def twin(self) -> "ApiClient":
        """Another client of the same person, for another thread."""
        other = ApiClient()
        other.cookies = self.cookies
        return other

    def upload(self, set_id: int, file: Any, **fields: Any) -> Any:
        """Send one file as a browser's form does."""
        return Client.post(self, f"/api/attachment-sets/{set_id}/attachments", {"file": file, **fields})


def _api(path: str) -> str:
    return path if path.startswith(("/api/", "http")) else f"/api{path}"
