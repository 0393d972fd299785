"""System checks: what the blob protocol needs from the database, and settings that are unsafe."""

import sys
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.models import PROTECT, RESTRICT

from cas import references
from cas.media.processes import NEEDS_LINUX


@register(Tags.database)
def check_isolation(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """The proof of the protocol holds for READ COMMITTED on PostgreSQL and IMMEDIATE transactions on SQLite."""
    return [error for alias in databases or () if (error := _isolation_error(alias))]


def _isolation_error(alias: str) -> CheckMessage | None:
    connection = connections[alias]
    options = connection.settings_dict["OPTIONS"]
    if connection.vendor == "sqlite":
        if options.get("transaction_mode") == "IMMEDIATE":
            return None
        return Error("SQLite needs transaction_mode IMMEDIATE.", id="cas.E001")
    from psycopg import IsolationLevel

    if options.get("isolation_level", IsolationLevel.READ_COMMITTED) == IsolationLevel.READ_COMMITTED:
        return None
    return Error("PostgreSQL needs the isolation level READ COMMITTED.", id="cas.E002")


@register(Tags.models)
def check_references(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The foreign key is what decides whether a blob may go, so the database has to check it, and nothing cascades."""
    return [
        Error(f"{relation.field} must be PROTECT, with a constraint in the database.", id="cas.E004")
        for relation in references.relations()
        if relation.on_delete not in {PROTECT, RESTRICT} or not getattr(relation.field, "db_constraint", False)
    ]


@register()
def check_platform(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Or the first upload of a picture would say so."""
    return [] if sys.platform == "linux" else [Error(NEEDS_LINUX, id="cas.E005")]


@register(Tags.security, deploy=True)
def check_signatures(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Without signatures anybody who knows a hash can read the file."""
    if settings.CAS_REQUIRE_SIGNATURE:
        return []
    return [checks.Warning("CAS_REQUIRE_SIGNATURE is off: whoever knows a file's hash can read it.", id="cas.W001")]
