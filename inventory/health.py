"""Whether the process lives, and whether it can do its work. Open to everyone, so it says no more than that."""

import structlog
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from cas.audit import reports
from cas.errors import StorageUnavailableError
from cas.protocol import binding
from cas.storage import cas_storage
from inventory.schema_state import first_missing_migration

logger = structlog.get_logger(__name__)

_PROBE = "0" * 64


def live(request: HttpRequest) -> JsonResponse:
    """200 while the process answers at all."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database and the store answer and no migration is missing, else 503 naming what is wrong.

    What the last `cas_check` found is shown, and to whom the store is bound, but neither makes it 503: a load balancer
    would answer one damaged file, or uploads that are refused, by taking every server away.
    """
    checks = {"database": _database_answers(), "storage": _storage_answers()}
    body = {name: "ok" if fine else "unavailable" for name, fine in checks.items()}
    if checks["database"]:
        # New code before `migrate` has run: pages and uploads fail at a table or column that is not there.
        checks["migrations"] = first_missing_migration() is None
        body["migrations"] = "ok" if checks["migrations"] else "missing"
    ok = all(checks.values())
    body = {"status": "ok" if ok else "unavailable"} | body
    if ok:
        body["binding"] = _binding()
    body |= _last_check() if checks["database"] else {}
    return JsonResponse(body, status=200 if ok else 503, headers={"Cache-Control": "no-store"})


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
