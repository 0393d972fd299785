"""What a database held at one moment: its dump, and the rows that say what the dump needs."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet

from backups.manifests import Item
from cas import references
from cas.models import Blob


@dataclass(frozen=True)
class Snapshot:
    """One moment of the database, for as long as its context lasts. `dump` makes the file of that very moment."""

    connection: BaseDatabaseWrapper
    version: str
    dump: Callable[[Path], None]

    def contents(self) -> Iterator[Item]:
        """All contents that rows know, sorted by digest."""
        return (
            Item(digest, size) for digest, size in self._rows(Blob.objects.order_by("pk").values_list("pk", "size"))
        )

    def unused(self) -> set[str]:
        """The digests that no row refers to. The collector may take them at any time."""
        return {digest for (digest,) in self._rows(references.unused_digests())}

    def migrations(self) -> dict[str, list[str]]:
        """The applied migrations of each app."""
        found: dict[str, list[str]] = defaultdict(list)
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations ORDER BY app, name")
            for app, name in cursor.fetchall():
                found[app].append(name)
        return dict(found)

    def _rows(self, rows: "QuerySet[Any, Any]") -> Iterator[Any]:
        statement, parameters = rows.query.get_compiler(connection=self.connection).as_sql()
        with self.connection.chunked_cursor() as cursor:
            cursor.execute(statement, parameters)
            yield from cursor
