"""Whether the database has the schema that this code needs."""

from functools import lru_cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


def first_missing_migration() -> str | None:
    """A migration of this code that is not applied, as `app.name`; None when all are. Raises DatabaseError.

    Further ones, of a newer version that serves beside this one, do not matter.
    """
    applied = MigrationRecorder(connection).applied_migrations()
    missing = sorted(_known() - applied.keys())
    return ".".join(missing[0]) if missing else None


@lru_cache(maxsize=1)
def _known() -> frozenset[tuple[str, str]]:
    """Those that came with the code that this process runs."""
    return frozenset(MigrationLoader(None).disk_migrations)
