"""Starting with variables set: right ones work, wrong ones end with a sentence."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.backends import free_port
from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.server import ROOT

Manage = Callable[..., "subprocess.CompletedProcess[str]"]

# What a test's own process has set, but an installation has not.
OURS = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "TEST_S3_ROOT")


@pytest.fixture
def manage(tmp_path: Path) -> Manage:
    """Runs manage.py in a new installation with these variables and no others."""

    return partial(started, tmp_path / "data", "manage.py")


@pytest.fixture
def setting(tmp_path: Path) -> Callable[..., str]:
    """Reads a setting in a new installation with these variables and no others; the apps are not loaded."""

    def read(expression: str = "SECRET_KEY", **variables: str) -> str:
        code = f"from django.conf import settings; print(settings.{expression})"
        done = started(tmp_path / "data", "-c", code, DJANGO_SETTINGS_MODULE="inventory.settings", **variables)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return read


def started(data: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """What Python did with these arguments and variables, and this data folder."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in OURS and not name.startswith(("AWS_", "DJANGO_", "CAS_", "INVENTORY_"))
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**inherited, "INVENTORY_DATA_DIR": str(data), **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@pytest.mark.once
class TestStart:
    def test_needs_nothing(self, manage: Manage, tmp_path: Path) -> None:
        done = manage("check", "--database", "default")
        assert (done.returncode, done.stderr) == (0, "")
        assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600

    def test_with_https_and_long_secrets_is_fit_for_production(self, manage: Manage) -> None:
        long = "0123456789abcdef" * 4
        secrets = {"DJANGO_SECRET_KEY": long, "METRICS_TOKEN": long, "CAS_URL_KEYS": f"{long},{long}"}
        done = manage("check", "--deploy", "--fail-level", "WARNING", DJANGO_HTTPS="true", **secrets)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.once
class TestSecrets:
    def test_are_not_made_for_one_of_several_servers(
        self, manage: Manage, setting: Callable[..., str], tmp_path: Path
    ) -> None:
        shared = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}
        # As `export DJANGO_SECRET_KEY="$(cat a file that is not there)"` leaves it.
        done = manage("check", DJANGO_SECRET_KEY="", **shared)
        assert done.returncode == 1
        assert done.stderr.startswith("The configuration is wrong: DJANGO_SECRET_KEY is not set")
        assert not (tmp_path / "data" / "secret_key").exists()
        assert setting(DJANGO_SECRET_KEY="k" * 60, **shared) == "k" * 60 + "\n"
        # One that is there, from the time when it was made, is as good as ever.
        (tmp_path / "data" / "secret_key").write_text("s" * 60)
        assert setting(**shared) == "s" * 60 + "\n"

    def test_that_are_short_are_not_fit_for_production(self, manage: Manage) -> None:
        secrets = {"DJANGO_SECRET_KEY": "brief", "METRICS_TOKEN": "brief", "CAS_URL_KEYS": f"{'k' * 60},brief"}
        done = manage("check", "--deploy", DJANGO_HTTPS="true", **secrets)
        assert done.returncode == 1
        assert re.findall(r"inventory\.E\d+", done.stderr) == ["inventory.E001", "inventory.E002", "inventory.E003"]
        assert "brief" not in done.stderr


@pytest.mark.once
class TestFolders:
    def mode(self, path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    def test_are_closed_to_strangers_whatever_the_umask(
        self, manage: Manage, setting: Callable[..., str], tmp_path: Path
    ) -> None:
        data = tmp_path / "data"
        before = os.umask(0)
        try:
            assert manage("check", "--database", "default").returncode == 0
        finally:
            os.umask(before)
        assert self.mode(data) == 0o700
        assert {self.mode(path) for path in data.glob("db.sqlite3*")} == {0o600}
        # Of an older installation they are closed, too.
        data.chmod(0o755)
        (data / "db.sqlite3").chmod(0o644)
        setting()
        assert (self.mode(data), self.mode(data / "db.sqlite3")) == (0o700, 0o600)

    def test_may_be_passed_by_nginx(self, manage: Manage, tmp_path: Path) -> None:
        data = tmp_path / "data"
        before = os.umask(0o077)
        try:
            done = manage("migrate", "--verbosity", "0", CAS_ACCEL_REDIRECT="/internal/cas/")
        finally:
            os.umask(before)
        assert done.returncode == 0
        for folder in (data, data / "store", data / "store" / "cas"):
            assert self.mode(folder) == 0o711

    def test_with_other_things_in_it_or_rights_for_a_group_are_left_alone(
        self, setting: Callable[..., str], tmp_path: Path
    ) -> None:
        data = tmp_path / "data"
        data.mkdir()
        (data / "holiday.jpg").touch()
        data.chmod(0o755)
        setting(DJANGO_SECRET_KEY="k" * 60, DATABASE_URL=f"sqlite:///{tmp_path / 'db'}")
        assert self.mode(data) == 0o755
        assert self.mode(tmp_path / "db") == 0o600
        setting()
        data.chmod(0o750)
        setting()
        assert self.mode(data) == 0o750


@pytest.mark.once
class TestMetricsFolder:
    def test_that_is_not_there_ends_the_server_with_a_sentence(self, manage: Manage, tmp_path: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "gunicorn"],
            cwd=ROOT,
            env={**os.environ, "PORT": str(free_port()), "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "nothing")},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode != 0
        assert "The configuration is wrong: PROMETHEUS_MULTIPROC_DIR must be a folder, and" in done.stderr
        assert "Traceback" not in done.stderr

    def test_is_nothing_to_commands(self, manage: Manage, tmp_path: Path) -> None:
        folder = tmp_path / "metrics"
        assert manage("check", PROMETHEUS_MULTIPROC_DIR=str(folder)).returncode == 0
        folder.mkdir()
        assert manage("check", PROMETHEUS_MULTIPROC_DIR=str(folder)).returncode == 0
        assert list(folder.iterdir()) == []


@pytest.mark.once
class TestWrongValue:
    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("DJANGO_DEBUG", "maybe", "DJANGO_DEBUG must be true or false, not 'maybe'."),
            ("MAX_IMAGE_BYTES", "10 MB", "MAX_IMAGE_BYTES must be a whole number above zero, not '10 MB'."),
            ("MAX_PDF_BYTES", "0", "MAX_PDF_BYTES must be a whole number above zero, not '0'."),
            ("DATABASE_URL", "nonsense", "DATABASE_URL cannot be read"),
            ("DATABASE_URL", "oracle-of-delphi://x/y", "DATABASE_URL cannot be read"),
            ("DATABASE_URL", "mysql://x/y", "DATABASE_URL must begin with sqlite:// or postgres://."),
            ("DATABASE_URL", "postgis://x/y", "DATABASE_URL must begin with sqlite:// or postgres://."),
            ("AWS_S3_ENDPOINT_URL", "localhost:9000", "AWS_S3_ENDPOINT_URL must begin with http:// or https://"),
            ("INVENTORY_DATA_DIR", "/dev/null/data", "INVENTORY_DATA_DIR"),
            ("PORT", "99999", "PORT must be a port, from 1 to 65535, not 99999."),
            ("FRONTEND_DIR", "/dev/null/dist", "FRONTEND_DIR must be an existing folder, unlike '/dev/null/dist'."),
            ("FETCH_ALLOWED_HOSTS", "http://wiki.lan", "FETCH_ALLOWED_HOSTS must hold host names, IP addresses"),
        ],
    )
    def test_ends_the_start_with_a_sentence(self, manage: Manage, name: str, value: str, words: str) -> None:
        done = manage("check", **{name: value})
        assert done.returncode == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith("The configuration is wrong: ")


@pytest.mark.django_db
class TestDatabase:
    """What the protocol needs is in force on the real connection, not only in the settings."""

    def ask(self, question: str) -> str:
        with connection.cursor() as cursor:
            cursor.execute(question)
            return str(cursor.fetchone()[0])

    def test_isolation(self) -> None:
        if connection.vendor == "sqlite":
            assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
            assert self.ask("PRAGMA foreign_keys") == "1"
        else:
            assert self.ask("SHOW transaction_isolation") == "read committed"

    @pytest.mark.django_db(transaction=True)
    def test_isolation_where_the_server_prefers_another(self) -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ALTER ROLE CURRENT_USER SET default_transaction_isolation = 'serializable'")
        connection.close()
        try:
            self.test_isolation()
        finally:
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("ALTER ROLE CURRENT_USER RESET default_transaction_isolation")

    def test_patience(self) -> None:
        # Others wait longer for a lock than an upload may take, and nobody cuts the upload off meanwhile.
        if connection.vendor == "sqlite":
            assert self.ask("PRAGMA journal_mode") == "wal"
            assert int(self.ask("PRAGMA busy_timeout")) >= 30_000
        else:
            assert self.ask("SHOW idle_in_transaction_session_timeout") == "10min"


@pytest.mark.once
class TestOptions:
    def test_options_of_the_address_are_kept(self, setting: Callable[..., str]) -> None:
        shared = {"DATABASE_URL": "postgres://u:p@h/n?sslmode=require", "DJANGO_SECRET_KEY": "k" * 60}
        options = setting("DATABASES['default']['OPTIONS']", **shared)
        assert "'sslmode': 'require'" in options
        assert "idle_in_transaction_session_timeout" in options

    def test_a_bucket_makes_the_store_s3(self, setting: Callable[..., str]) -> None:
        store = "STORAGES['cas']['BACKEND']"
        assert setting(store) == "cas.storage.FileSystemCASStorage\n"
        assert setting(store, AWS_STORAGE_BUCKET_NAME="bucket") == "cas.storage.S3CASStorage\n"

    def test_an_open_api_knows_one_user_and_no_session(self, setting: Callable[..., str]) -> None:
        names = re.compile(r"\w+Authentication\b")
        ways = "REST_FRAMEWORK['DEFAULT_AUTHENTICATION_CLASSES']"
        assert names.findall(setting(ways)) == ["TokenAuthentication", "SessionAuthentication"]
        assert names.findall(setting(ways, INVENTORY_OPEN_API="true")) == ["LocalUserAuthentication"]

    def test_uploads_go_through_our_handler_everywhere(self) -> None:
        assert settings.FILE_UPLOAD_HANDLERS == ["cas.uploads.StagingUploadHandler"]
