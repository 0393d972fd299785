"""Named places in the work of others, found from outside: SQL statements, and methods of the store and others."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models.query import QuerySet

from cas.storage import cas_storage


@dataclass(frozen=True)
class Place:
    """Before, or after: `sql DELETE FROM "cas_blob"`, `store publish`, `database _commit`, `rows update cas.Blob`.

    `locked stat` is a call of the store in a transaction, the only one of an upload whose bytes were sent before.
    """

    name: str
    is_after: bool

    def __str__(self) -> str:
        return f"{'after' if self.is_after else 'before'} {self.name}"

    def visit(self, patch: pytest.MonkeyPatch, action: Callable[[], None]) -> None:
        """Do something whenever anybody comes to the place."""
        kind, _, what = self.name.partition(" ")
        method, _, table = ("execute", "", "") if kind == "sql" else what.partition(" ")
        owners: dict[str, Any] = {
            "sql": CursorWrapper,
            "store": cas_storage(),
            "locked": cas_storage(),
            "database": BaseDatabaseWrapper,
            "rows": QuerySet,
        }
        owner = owners[kind]
        original = getattr(owner, method)

        def call(*args: Any, **kwargs: Any) -> Any:
            if (kind == "sql" and what not in args[1]) or (table and args[0].model._meta.label != table):
                return original(*args, **kwargs)
            if kind == "locked" and not connection.in_atomic_block:
                return original(*args, **kwargs)
            if not self.is_after:
                action()
            result = original(*args, **kwargs)
            if self.is_after:
                action()
            return result

        patch.setattr(owner, method, call)


def before(name: str) -> Place:
    """Just before the call."""
    return Place(name, is_after=False)


def after(name: str) -> Place:
    """Just after it."""
    return Place(name, is_after=True)
