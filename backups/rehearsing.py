"""A rehearsal: the newest backup is restored with the operator's own command, as another site, and read through.

That site has a data folder, a database and a store of its own, and is gone at the end. It cannot be this one: `restore`
takes only an empty database, and the rehearsal makes a new one.
"""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

from backups.databases import postgresql
from backups.errors import BackupError
from backups.locks import alone
from backups.manifests import Manifest
from backups.places import Place, refuse_overlap
from backups.taking import WAITING
from backups.workspace import workspace
from cas.audit import reports
from cas.storage import FileSystemCASStorage, cas_storage
from core.commands import ReportingCommand

REHEARSAL = "rehearse"
_S3 = {
    "endpoint_url": "BACKUP_S3_ENDPOINT_URL",
    "access_key": "BACKUP_ACCESS_KEY_ID",
    "secret_key": "BACKUP_SECRET_ACCESS_KEY",
    "region_name": "BACKUP_S3_REGION_NAME",
}


class Rehearsal:
    """One rehearsal. `findings` and `name` are known once it has run."""

    def __init__(self, place: Place, console: ReportingCommand, *, jobs: int) -> None:
        self._place = place
        self._console = console
        self._jobs = jobs
        self.name = ""
        self.findings: list[dict[str, Any]] = []

    def run(self, scratch: Path, name: str | None, server: str | None) -> dict[str, int]:
        """Restore the backup below `scratch`, on the PostgreSQL server of that URL if it is one, and keep a report.

        Raises BackupError when it cannot be restored; then there is no new report.
        """
        store = cas_storage()
        if isinstance(store, FileSystemCASStorage):
            refuse_overlap(scratch, store.location.resolve(), "the store")
        with alone(lambda: self._console.say(WAITING)), workspace(scratch) as folder:
            self.name, manifest = self._place.chosen(name)
            with _database(manifest, folder, server or settings.DATABASE_URL) as url:
                summary = self._restore(folder, url)
        reports.keep(REHEARSAL, summary, self.findings)
        return summary

    def _restore(self, folder: Path, url: str) -> dict[str, int]:
        done = subprocess.run(  # noqa: S603  (this very program)
            [
                *(sys.executable, "manage.py", "restore", self._place.name, "--backup", self.name),
                *("--check", "--without-keys", "--json", "--jobs", str(self._jobs)),
            ],
            cwd=settings.BASE_DIR,
            env=os.environ | _environment(folder, url),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        try:
            said: dict[str, Any] = json.loads(done.stdout)
        except ValueError as error:
            raise BackupError(f"The backup {self.name} cannot be restored; the reason is above.") from error
        self.findings = said.pop("findings")
        del said["backup"]
        return said | {"failed": said["failed"] + said["critical"]}


def _environment(folder: Path, url: str) -> dict[str, str]:
    """Another site: nothing of this one's database, store, keys and figures."""
    reached = {name: settings.BACKUP_S3_CONNECTION[option] or "" for option, name in _S3.items()}
    others = ("AWS_STORAGE_BUCKET_NAME", "INVENTORY_LEGACY_DIR", "CAS_ACCEL_REDIRECT", "PROMETHEUS_MULTIPROC_DIR")
    return {
        **dict.fromkeys(others, ""),
        **reached,
        "INVENTORY_DATA_DIR": str(folder / "data"),
        "DATABASE_URL": url,
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
    }


@contextmanager
def _database(manifest: Manifest, folder: Path, server: str) -> Iterator[str]:
    """The URL of a new, empty database, which is gone at the end."""
    if manifest.vendor == "sqlite":
        # In the folder, whose end is its end.
        yield f"sqlite:///{folder / 'db.sqlite3'}"
        return
    if not server.startswith(("postgres", "pgsql")):
        raise BackupError(
            "The backup is of a PostgreSQL database. Say with --database-url on which server to restore it."
        )
    with postgresql.throw_away(server) as url:
        yield url
