"""Going to older tables and back. On SQLite copies of the database spare most of the way, which takes seconds."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.db import connection
from django.db.migrations.state import ProjectState
from django_test_migrations.migrator import Migrator
from django_test_migrations.types import MigrationSpec

# The empty database with the tables of these migrations.
_beginnings: dict[str, sqlite3.Connection] = {}


class QuickMigrator(Migrator):
    """Leaves the database as it was when this was made."""

    def __init__(self) -> None:
        super().__init__()
        self._before = _copy() if connection.vendor == "sqlite" else None

    def begin_at(self, targets: MigrationSpec) -> ProjectState:
        """Empty tables as after these migrations. Returns their state."""
        name = repr(targets)
        if name in _beginnings:
            _restore(_beginnings[name])
        state = self.apply_tested_migration(targets)
        if connection.vendor == "sqlite" and name not in _beginnings:
            _beginnings[name] = _copy()
        return state

    def reset(self) -> None:
        """Back to the tables of today."""
        if self._before is None:
            super().reset()
            return
        with closing(self._before) as before:
            _restore(before)


@pytest.fixture
def migrator(transactional_db: None) -> Iterator[QuickMigrator]:
    """Migrates to where the test wants to be; afterwards the tables are as before."""
    migrator = QuickMigrator()
    yield migrator
    migrator.reset()


def _copy() -> sqlite3.Connection:
    connection.ensure_connection()
    copy = sqlite3.connect(":memory:")
    connection.connection.backup(copy)
    return copy


def _restore(copy: sqlite3.Connection) -> None:
    connection.ensure_connection()
    copy.backup(connection.connection)
