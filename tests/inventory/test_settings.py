"""Starting with variables set: right ones work, wrong ones end with a sentence."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.plugins.database import PATIENCE_SECONDS
from tests.plugins.server import ROOT

Manage = Callable[..., "subprocess.CompletedProcess[str]"]

# What a test's own process has set, but an installation has not.
OURS = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "TEST_S3_ROOT")


@pytest.fixture
def manage(tmp_path: Path) -> Manage:
    """Runs manage.py in a new installation with these variables and no others."""

    def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in OURS and not name.startswith(("AWS_", "DJANGO_", "CAS_", "INVENTORY_"))
        }
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**inherited, "INVENTORY_DATA_DIR": str(tmp_path / "data"), **variables},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )

    return run


@pytest.mark.once
class TestStart:
    def test_needs_nothing(self, manage: Manage, tmp_path: Path) -> None:
        done = manage("check", "--database", "default")
        assert (done.returncode, done.stderr) == (0, "")
        assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600

    def test_with_https_is_fit_for_production(self, manage: Manage) -> None:
        done = manage("check", "--deploy", "--fail-level", "WARNING", DJANGO_HTTPS="true")
        assert (done.returncode, done.stderr) == (0, "")


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
    def test_options_of_the_address_are_kept(self, manage: Manage) -> None:
        show = "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS'])"
        done = manage("shell", "--no-imports", "-c", show, DATABASE_URL="postgres://u:p@h/n?sslmode=require")
        assert "'sslmode': 'require'" in done.stdout
        assert "idle_in_transaction_session_timeout" in done.stdout

    def test_a_bucket_makes_the_store_s3(self, manage: Manage) -> None:
        show = "from cas.storage import cas_storage; print(type(cas_storage()).__name__)"
        assert manage("shell", "--no-imports", "-c", show).stdout == "FileSystemCASStorage\n"
        done = manage("shell", "--no-imports", "-c", show, AWS_STORAGE_BUCKET_NAME="bucket")
        assert done.stdout == "S3CASStorage\n"

    def test_an_open_api_knows_one_user_and_no_session(self, manage: Manage) -> None:
        show = "from rest_framework.views import APIView; print(*(c.__name__ for c in APIView.authentication_classes))"
        done = manage("shell", "--no-imports", "-c", show)
        assert done.stdout == "TokenAuthentication SessionAuthentication\n"
        done = manage("shell", "--no-imports", "-c", show, INVENTORY_OPEN_API="true")
        assert done.stdout == "LocalUserAuthentication\n"

    def test_uploads_go_through_our_handler_everywhere(self) -> None:
        assert settings.FILE_UPLOAD_HANDLERS == ["cas.uploads.StagingUploadHandler"]
