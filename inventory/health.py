"""Whether the process lives, and whether it can do its work. Open to everyone, so it says no more than that."""

import structlog
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from cas.audit import reports
from cas.errors import StorageUnavailableError
from cas.protocol import binding
from cas.storage import cas_storage, write_failures
from inventory.schema_state import first_missing_migration

logger = structlog.get_logger(__name__)

_PROBE = "0" * 64
# What is told, and makes no answer 503.
_TOLD = {"binding", "writes"}
_OK, _AWAY = "ok", "unavailable"


def live(request: HttpRequest) -> JsonResponse:
    """200 while the process answers at all."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database and the store answer and no migration is missing, else 503 naming what is wrong.

    What the last `cas_check` found is shown, to whom the store is bound, and whether the last file could be stored, but
    none of them makes it 503: a load balancer would answer one damaged file, or uploads that are refused, by taking
    every server away.
    """
    found = parts()
    ok = all(state == _OK for part, state in found.items() if part not in _TOLD)
    body = {"status": _OK if ok else _AWAY} | found
    body |= _last_check() if found["database"] == _OK else {}
    return JsonResponse(body, status=200 if ok else 503, headers={"Cache-Control": "no-store"})


def parts() -> dict[str, str]:
    """What the server needs, each with `ok` or what is wrong. What cannot be told without the others is left out."""
    found = {
        "database": _OK if _database_answers() else _AWAY,
        "storage": _OK if _storage_answers() else _AWAY,
    }
    if found["database"] == _OK:
        # New code before `migrate` has run: pages and uploads fail at a table or column that is not there.
        found["migrations"] = _OK if first_missing_migration() is None else "missing"
    if all(state == _OK for state in found.values()):
        found["binding"] = _binding()
        found["writes"] = "failing" if write_failures.is_noted(cas_storage().staging_dir) else _OK
    return found


def _binding() -> str:
    """`ok` means that uploads are taken; `elsewhere` and `missing` that they are refused (`cas.protocol.binding`)."""
    try:
        return binding.state()
    except (StorageUnavailableError, DatabaseError):
        logger.exception("binding_unavailable")
        return "unknown"


def _last_check() -> dict[str, str]:
    try:
        report = reports.last(reports.CHECK)
    except DatabaseError:
        # Between the deployment of new code and its migrations the table may be missing.
        logger.exception("reports_unavailable")
        return {"check": "unknown"}
    if report is None or report.finished_at is None:
        return {"check": "never"}
    return {"check": reports.state(report), "checked_at": report.finished_at.isoformat()}


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("database_unavailable")
        return False
    return True


def _storage_answers() -> bool:
    try:
        cas_storage().stat(_PROBE)
    except StorageUnavailableError:
        logger.exception("storage_unavailable")
        return False
    return True
