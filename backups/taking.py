"""Taking a backup: the database first, then what its rows need, then the manifest. Killed anywhere, it is run again."""

import platform
from dataclasses import dataclass, field
from pathlib import Path

import django
from django.conf import settings
from django.db import connection
from django.utils import timezone

from attachments.models import MISSING_KEY_PREFIX, Attachment
from backups import copying, databases, keys, listings, pruning
from backups.claims import BACKUP, claim
from backups.copying import Copied, Outcome
from backups.errors import DamagedBackupError
from backups.locks import alone
from backups.manifests import Item, Manifest
from backups.places import Place
from backups.workspace import workspace
from cas.audit import reports
from cas.audit.findings import Kind
from cas.storage import cas_storage
from core.commands import ReportingCommand

WAITING = "Another backup or rehearsal of this database is under way; this one waits."


_SENTENCES = {
    Outcome.MISSING: "The store does not hold it, so the backup lacks it.",
    Outcome.CORRUPT: "Its bytes in the store are not those that were stored, so the backup lacks it.",
    Outcome.UNREADABLE: "The store fails to give its bytes, so the backup lacks it.",
}


@dataclass(frozen=True)
class Options:
    """How a backup is taken: so many contents at a time, so many backups kept."""

    jobs: int
    keep: int
    deep: bool
    with_keys: bool
    bind: bool


@dataclass
class _Contents:
    """What became of the contents."""

    copied: int = 0
    copied_bytes: int = 0
    # Those of which the backup had other bytes.
    repaired: int = 0
    # Those that the store does not give.
    lost: list[Copied] = field(default_factory=list)


def take(place: Place, console: ReportingCommand, options: Options) -> dict[str, int]:
    """Take one, delete the oldest, keep a report. Returns the counts; `failed` when a content could not be had.

    Raises BackupError, StorageUnavailableError; then there is no new backup, and the old ones are as they were.
    """
    with alone(lambda: console.say(WAITING)), workspace(settings.DATA_DIR / "backup-work") as folder:
        claim(place, bind=options.bind)
        wanted, dump = folder / "wanted", folder / "dump"
        with databases.kind().snapshot(folder) as snapshot:
            taken_at = timezone.now()
            with listings.writing(wanted) as listing:
                for item in snapshot.contents():
                    listing.add(item)
            unused = snapshot.unused()
            migrations, version = snapshot.migrations(), snapshot.version
            snapshot.dump(dump)
        contents = _copy_contents(wanted, listing.count, place, console, options)
        # What nothing used may have been collected since.
        collected = {
            copied.item.digest
            for copied in contents.lost
            if copied.outcome is Outcome.MISSING and copied.item.digest in unused
        }
        lost = [copying.finding(copied, _SENTENCES) for copied in contents.lost if copied.item.digest not in collected]
        for found in lost:
            console.complain(str(found))
        names = folder / "listing"
        with listings.writing(names) as listing:
            for item in listings.read(wanted):
                if item.digest not in collected:
                    listing.add(item)
        manifest = Manifest(
            taken_at=taken_at.isoformat(),
            vendor=connection.vendor,
            database=copying.keep(dump, place.contents),
            listing=copying.keep(names, place.contents),
            keys=_keep_keys(place, folder) if options.with_keys else None,
            contents=listing.count,
            content_bytes=listing.bytes,
            missing=len(lost),
            migrations=migrations,
            versions={"database": version, "django": django.get_version(), "python": platform.python_version()},
        )
        place.write(*manifest.encoded())
        summary = {
            "contents": listing.count,
            "content_bytes": listing.bytes,
            "copied": contents.copied,
            "copied_bytes": contents.copied_bytes,
            "repaired": contents.repaired,
            "database_bytes": manifest.database.size,
            **{str(why): sum(found.kind is Kind(why) for found in lost) for why in _SENTENCES},
            "legacy_files_left_out": _legacy_files(console),
            "failed": len(lost),
        }
        summary |= _prune(place, folder, console, options.keep, is_whole=not lost)
        summary["backups"] = len(place.names())
    reports.keep(BACKUP, summary, [found.as_json() for found in lost])
    return summary


def forecast(place: Place) -> dict[str, int]:
    """What `take` would copy now."""
    with workspace(settings.DATA_DIR / "backup-forecast") as folder, databases.kind().snapshot(folder) as snapshot:
        items = snapshot.contents()
        new = [item for item, _ in copying.due(items, place.contents, every=False)] if place.is_used() else list(items)
    return {"would_copy": len(new), "would_copy_bytes": sum(item.size for item in new)}


def _copy_contents(wanted: Path, count: int, place: Place, console: ReportingCommand, options: Options) -> _Contents:
    found = _Contents()
    items = console.progress(listings.read(wanted), count, "Contents")
    for copied in copying.copy_all(items, cas_storage(), place.contents, jobs=options.jobs, deep=options.deep):
        if copied.outcome is Outcome.COPIED:
            found.copied += 1
            found.copied_bytes += copied.item.size
            found.repaired += copied.was_held
        elif copied.outcome is not Outcome.WHOLE:
            found.lost.append(copied)
    return found


def _keep_keys(place: Place, folder: Path) -> Item:
    path = folder / "keys"
    path.write_text(keys.lines(), encoding="utf-8")
    return copying.keep(path, place.contents)


def _legacy_files(console: ReportingCommand) -> int:
    waiting = Attachment.objects.filter(blob=None).exclude(legacy_key="")
    count = waiting.exclude(legacy_key__startswith=MISSING_KEY_PREFIX).count()
    if count:
        console.complain(
            f"{count} files of the old system are not in the backup. Run migrate_to_cas, or copy them by other means."
        )
    return count


def _prune(place: Place, folder: Path, console: ReportingCommand, keep: int, *, is_whole: bool) -> dict[str, int]:
    """Delete old backups, unless the new one lacks something that they may have."""
    backups = contents = 0
    if is_whole:
        try:
            backups, contents = pruning.prune(place, folder, keep)
        except DamagedBackupError as error:
            console.complain(f"{error} No old backup was deleted.")
            return {"deleted_backups": 0, "deleted_contents": 0, "failed": 1}
    return {"deleted_backups": backups, "deleted_contents": contents}
