"""The whole index: made when there is none, put right, or only compared with the rows."""

from typing import Any

import structlog
from django.apps import AppConfig
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from core.search import tables
from core.search.index import compare
from core.search.kinds import kinds
from core.search.models import SearchEntry

logger = structlog.get_logger(__name__)


def rebuild(*, missing_only: bool = False) -> int:
    """Put right what differs from the rows, and return how many entries that were.

    For imports that go past the services. With `missing_only` a kind that has an entry for every row is left alone.
    """
    changed = 0
    for kind in kinds():
        rows, entries = kind.model._default_manager.count(), SearchEntry.objects.filter(kind=kind.name, source="")
        if missing_only and entries.count() >= rows:
            continue
        logger.info("search_indexing", kind=kind.name, rows=rows)
        changed += sum(batch.differences for batch in compare(kind, repair=True))
    return changed


def after_migrations(sender: AppConfig, using: str, plan: Any = None, **kwargs: Any) -> None:
    """Make what a migration has dropped, and index what was there before the index. Nothing while one is missing."""
    # `flush` sends the signal too, without a plan.
    if sender.label != "core" or plan is None:
        return
    executor = MigrationExecutor(connections[using])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    tables.ensure_index(connections[using])
    rebuild(missing_only=True)
