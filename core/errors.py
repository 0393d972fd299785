"""The kinds of error, by what the caller can do about it; `str()` is one sentence for a person.

The sentences go to clients, so none may hold a path, a storage key or SQL. `inventory.errors` maps the kinds to HTTP
statuses. Three kinds are Django's exceptions too, because a file may be refused while the CSRF middleware reads the
body, where only Django's own exceptions become answers.
"""

from typing import ClassVar

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404


class InventoryError(Exception):
    """Base of all errors that a request or a command may end with. `code` is stable, for programs."""

    code: ClassVar[str] = "error"


class RefusedInputError(InventoryError, BadRequest):
    """The input itself is wrong. `fields` names the faults of single fields."""

    code = "invalid"

    def __init__(self, message: str, fields: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.fields = fields


class NotAllowedError(InventoryError, PermissionDenied):
    """The caller may not do this."""

    code = "forbidden"


class NotFoundError(InventoryError, Http404):
    """There is no such thing."""

    code = "not_found"


class ConflictError(InventoryError):
    """Right in itself, but it does not fit the present state."""

    code = "conflict"


class CannotProcessError(InventoryError):
    """Rightly asked, but what it is about does not allow it."""

    code = "cannot_process"


class PreconditionFailedError(InventoryError):
    """The client named the version that it has seen, and it is not the present one."""

    code = "precondition_failed"

    def __init__(self) -> None:
        super().__init__("This was changed meanwhile; load it again.")


class BusyError(InventoryError):
    """Not now; after `retry_after_seconds` it may work."""

    code = "busy"
    retry_after_seconds: ClassVar[int] = 30


def cause_of(error: BaseException) -> str:
    """What is at the bottom of an error, for an operator: it may name paths. Nothing of errors of this project."""
    while error.__cause__ is not None:
        error = error.__cause__
    return "" if isinstance(error, InventoryError) else f" ({type(error).__name__}: {error})"
