"""A restore: into an empty database, and a store that is nobody else's.

The contents come first, the database after them in one step, so a restore that was stopped before can be repeated.
"""

import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from backups import copying, databases, keys, listings
from backups.copying import Outcome
from backups.errors import BackupError
from backups.manifests import Manifest
from backups.places import Place
from backups.workspace import workspace
from cas.audit.findings import Finding
from cas.errors import StorageUnavailableError
from cas.protocol import binding
from cas.protocol.binding import State
from cas.storage import cas_storage
from core.commands import ReportingCommand

_SENTENCES = {
    Outcome.MISSING: "The backup does not hold it.",
    Outcome.CORRUPT: "Its bytes in the backup are not those that were put there; it was not restored.",
    Outcome.UNREADABLE: "The backup fails to give its bytes.",
}


@dataclass(frozen=True)
class Options:
    """How a backup is restored: which one (the newest), so many contents at a time."""

    name: str | None
    jobs: int
    contents_only: bool
    bind_store: bool
    with_keys: bool
    check: bool
    dry_run: bool


class Restore:
    """One restore. `findings` grows while it runs."""

    def __init__(self, place: Place, console: ReportingCommand, options: Options) -> None:
        self._place = place
        self._console = console
        self._options = options
        self.name = ""
        self.findings: list[dict[str, Any]] = []

    def run(self) -> dict[str, int]:
        """Restore everything. Returns the counts; `failed` when something of the backup is lost.

        Raises BackupError, StorageUnavailableError before the database is filled.
        """
        self.name, manifest = self._place.chosen(self._options.name)
        if not self._options.contents_only:
            _refuse_another_schema(manifest)
            _refuse_a_used_database()
        if not self._options.dry_run:
            # As `migrate` does for an empty database.
            cas_storage().create()
        self._refuse_a_used_store()
        self._console.say(f"The backup {self.name}: {manifest.contents} contents, {manifest.content_bytes} bytes.")
        counts = {"contents": manifest.contents, "content_bytes": manifest.content_bytes}
        if self._options.dry_run:
            return counts
        with workspace(settings.DATA_DIR / "restore-work") as folder:
            counts |= self._restore(manifest, folder)
        if self._options.check:
            counts |= self._check()
        return counts

    def _restore(self, manifest: Manifest, folder: Path) -> dict[str, int]:
        source = self._place.contents
        # All of them first: nothing is begun with a backup that lacks one.
        listing = copying.fetch(manifest.listing, source, folder / "listing", "the listing of contents")
        if not self._options.bind_store:
            # A store that was free: should this run be stopped, the next one finds it to be its own.
            binding.bind(replace=False)
        if self._options.contents_only:
            counts = self._restore_contents(manifest, listing)
            # A store that is bound stays so; a new one belongs to the database that is here.
            binding.bind(replace=self._options.bind_store)
            return counts
        dump = copying.fetch(manifest.database, source, folder / "dump", "the database")
        kept = copying.fetch(manifest.keys, source, folder / "keys", "the keys") if manifest.keys else None
        counts = self._restore_contents(manifest, listing)
        databases.kind().restore(dump, folder)
        # Before anything else may do so: this is what the operator has asked for.
        binding.bind(replace=True)
        call_command("migrate", interactive=False, verbosity=0)
        ContentType.objects.clear_cache()
        if kept is not None and self._options.with_keys:
            advice = keys.put_back(kept.read_text(encoding="utf-8"))
            if advice is not None:
                self._console.say(advice)
        return counts

    def _restore_contents(self, manifest: Manifest, listing: Path) -> dict[str, int]:
        """Bring those that the store does not hold in that size."""
        source = self._place.contents
        outcomes: Counter[Outcome] = Counter()
        items = self._console.progress(listings.read(listing), manifest.contents, "Contents")
        for copied in copying.copy_all(items, source, cas_storage(), jobs=self._options.jobs):
            outcomes[copied.outcome] += 1
            if copied.outcome in _SENTENCES:
                self._tell(copying.finding(copied, _SENTENCES))
        lost = sum(outcomes[outcome] for outcome in _SENTENCES)
        return {
            "copied": outcomes[Outcome.COPIED],
            **{outcome: outcomes[outcome] for outcome in _SENTENCES},
            "failed": lost,
        }

    def _check(self) -> dict[str, int]:
        """What `cas_check --deep` finds in the restored site."""
        said = StringIO()
        # It ends so when it has findings.
        with suppress(SystemExit):
            call_command("cas_check", deep=True, json=True, stdout=said, stderr=self._console.stderr)
        check = json.loads(said.getvalue())
        self.findings += [found for found in check["findings"] if found["severity"] != "information"]
        # Contents that nothing uses may lack: the collector might have taken them just after the dump.
        return {"hashed": check["hashed"], "critical": check["critical"], "warnings": check["warnings"]}

    def _tell(self, found: Finding) -> None:
        self.findings.append(found.as_json())
        self._console.complain(str(found))

    def _refuse_a_used_store(self) -> None:
        if self._options.bind_store:
            return
        try:
            found = binding.state()
            is_free = found is State.OURS or (found is State.MISSING and not binding.sample())
        except StorageUnavailableError:
            if not self._options.dry_run:
                raise
            return
        if not is_free:
            whose = "belongs to another database" if found is State.ELSEWHERE else "holds contents already"
            raise BackupError(
                f"The store {whose}; nothing was changed. To rehearse, give this installation a folder or bucket of "
                "its own. If that database is gone for good, and this one shall go on with its store, say --bind-store."
            )


def _refuse_another_schema(manifest: Manifest) -> None:
    if manifest.vendor != connection.vendor:
        raise BackupError(
            f"The backup is of a {manifest.vendor} database, and DATABASE_URL names a {connection.vendor} one."
        )
    ours = {app.label for app in apps.get_app_configs() if Path(app.path).parent == settings.BASE_DIR}
    known = MigrationLoader(None).disk_migrations
    for label, names in manifest.migrations.items():
        for name in names:
            if label in ours and (label, name) not in known:
                raise BackupError(
                    f"The backup is of a later release: this one does not know the migration {label}.{name}. Restore "
                    "it with the release that took it, or a later one."
                )


def _refuse_a_used_database() -> None:
    tables = connection.introspection.table_names()
    if tables:
        raise BackupError(
            "The database has tables already; nothing was changed. A backup is restored into an empty database: make a "
            "new one, or move the old one away. (If a restore was stopped after the database was filled: run migrate, "
            "then cas_bind_store.)"
        )
