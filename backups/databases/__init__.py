"""The database as a file, and back. Each kind has a module with `snapshot(folder)` and `restore(dump, folder)`."""

from types import ModuleType

from django.db import connection

from backups.databases import postgresql, sqlite

_KINDS: dict[str, ModuleType] = {"postgresql": postgresql, "sqlite": sqlite}


def kind() -> ModuleType:
    """The module for the configured database."""
    return _KINDS[connection.vendor]
