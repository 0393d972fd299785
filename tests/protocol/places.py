"""Named places in the work of others, found from outside: methods of the store, of querysets, of the connection."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.query import QuerySet

from cas.storage import cas_storage


@dataclass(frozen=True)
class Place:
    """Before, or after, a method: `store publish`, `rows create cas.Purge`, `database _commit`."""

    name: str
    is_after: bool

    def __str__(self) -> str:
        return f"{'after' if self.is_after else 'before'} {self.name}"

    def visit(self, patch: pytest.MonkeyPatch, action: Callable[[], None]) -> None:
        """Do something whenever anybody comes to the place."""
        kind, method, *tables = self.name.split()
        owners: dict[str, Any] = {"store": cas_storage(), "rows": QuerySet, "database": BaseDatabaseWrapper}
        owner = owners[kind]
        original = getattr(owner, method)

        def call(*args: Any, **kwargs: Any) -> Any:
            if tables and args[0].model._meta.label not in tables:
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
