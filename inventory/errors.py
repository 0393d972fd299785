"""Every error of the API as JSON: one sentence for a person, a stable code for a program."""

import errno
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import singledispatch, wraps
from http import HTTPStatus
from itertools import islice
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    ValidationError,
)
from django.db import DatabaseError, IntegrityError, OperationalError, ProgrammingError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    JsonResponse,
    UnreadablePostError,
)
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from cas.errors import NO_ROOM, StorageStuckError, StorageUnavailableError
from cas.serving.ranges import UnsatisfiableRangeError
from core import errors as domain
from inventory.auth import StalePageError
from inventory.schema_state import first_missing_migration

logger = structlog.get_logger(__name__)

# A list of the fault of every item would be longer than the request.
_MAX_MESSAGES = 20


@dataclass(frozen=True)
class ErrorResponse:
    """What a client is told of an error."""

    status: int
    code: str
    sentence: str
    fields: Mapping[str, list[str]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        """The JSON data of the response."""
        details: dict[str, Any] = {"code": self.code, **self.facts}
        if self.fields:
            details["fields"] = self.fields
        return {"error": self.sentence, "details": details}

    @property
    def all_headers(self) -> dict[str, str]:
        """No error is cached, whatever the address."""
        return {"Cache-Control": "no-store", **self.headers}


class LengthRequiredError(domain.InventoryError):
    """A body in chunks. Django would take it for an empty one (PEP 3333 promises no end without a length)."""

    code = "length_required"

    def __init__(self) -> None:
        super().__init__("Send the body with its length (Content-Length), not in chunks.")


class NotAvailableError(domain.InventoryError):
    """The frontend has a button for it, and this server will not do it."""

    code = "not_available"


class ProviderError(domain.InventoryError):
    """The provider of the single sign-on does not answer, or its answer cannot be used."""

    code = "single_sign_on_failed"

    def __init__(self) -> None:
        super().__init__(f"{settings.OIDC_NAME} does not answer as it should; try again later.")


# The first class that fits decides.
_STATUS: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (domain.RefusedInputError, HTTPStatus.BAD_REQUEST),
    (domain.NotAllowedError, HTTPStatus.FORBIDDEN),
    (domain.NotFoundError, HTTPStatus.NOT_FOUND),
    (domain.ConflictError, HTTPStatus.CONFLICT),
    (domain.CannotProcessError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (domain.PreconditionFailedError, HTTPStatus.PRECONDITION_FAILED),
    (LengthRequiredError, HTTPStatus.LENGTH_REQUIRED),
    (StorageStuckError, HTTPStatus.SERVICE_UNAVAILABLE),
    (StorageUnavailableError, HTTPStatus.INTERNAL_SERVER_ERROR),
    (domain.BusyError, HTTPStatus.SERVICE_UNAVAILABLE),
    (NotAvailableError, HTTPStatus.NOT_IMPLEMENTED),
    (ProviderError, HTTPStatus.BAD_GATEWAY),
    (UnsatisfiableRangeError, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE),
)
# Errors of Django itself.
_DJANGO: tuple[tuple[type[Exception], ErrorResponse], ...] = (
    (Http404, ErrorResponse(404, "not_found", "There is no such thing.")),
    (PermissionDenied, ErrorResponse(403, "forbidden", "You may not do this.")),
    (DisallowedHost, ErrorResponse(400, "bad_host", "This server is not known by that name.")),
    (TooManyFieldsSent, ErrorResponse(400, "too_many_fields", "The form has too many fields.")),
    (MultiPartParserError, ErrorResponse(400, "malformed", "The form cannot be read.")),
    (UnreadablePostError, ErrorResponse(400, "incomplete", "The connection broke before the end of the request.")),
    (RequestDataTooBig, ErrorResponse(413, "body_too_large", "The body is too large.")),
    (SuspiciousOperation, ErrorResponse(400, "bad_request", "The request cannot be understood.")),
    (BadRequest, ErrorResponse(400, "bad_request", "The request cannot be understood.")),
    (
        IntegrityError,
        ErrorResponse(
            409, "conflict", "A newer version already exists: somebody changed this at the same moment; load it again."
        ),
    ),
    (
        OperationalError,
        ErrorResponse(
            500, "database_unavailable", "The database does not answer; nothing was changed. Try again later."
        ),
    ),
)
_UPGRADING = ErrorResponse(
    503,
    "upgrading",
    "The database is not upgraded to this version yet; nothing was changed. Try again later.",
    headers={"Retry-After": "30"},
)
_UNFORESEEN = ErrorResponse(500, "internal_error", "Something went wrong on the server; it was logged.")
_REST: dict[int, tuple[str, str]] = {
    400: ("malformed", "The body cannot be read."),
    401: ("login_required", "Log in first, or send a token."),
    403: ("forbidden", "You may not do this."),
    404: ("not_found", "There is no such thing."),
    405: ("method_not_allowed", "This method does not exist here."),
    406: ("not_acceptable", "The answer exists only as JSON."),
    415: ("unsupported_media_type", "The body has a type that is not understood here."),
    429: ("throttled", "Too many requests; try again later."),
}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """The `EXCEPTION_HANDLER` of REST framework."""
    set_rollback()
    told = describe(error)
    statuses = getattr(context.get("view"), "page_statuses", {})
    if not isinstance(error, StorageStuckError):
        # Whoever watches the site has to see that one for what it is.
        told = replace(told, status=statuses.get(told.status, told.status))
    return Response(told.body, status=told.status, headers=told.all_headers)


def answer(error: Exception) -> JsonResponse:
    """The same answer outside REST framework."""
    told = describe(error)
    return JsonResponse(told.body, status=told.status, headers=told.all_headers)


def answer_errors(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Turn what a plain view raises into an answer, so that a wrapper around it sees the status."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  (`answer` logs what nobody foresaw)
            return answer(error)
        if isinstance(response, HttpResponseNotAllowed):
            refusal = answer(drf.MethodNotAllowed(str(request.method)))
            refusal["Allow"] = response["Allow"]
            return refusal
        return response

    return wrapped


@singledispatch
def describe(error: Exception) -> ErrorResponse:
    """What a client is told of an error. One that nobody foresaw is logged with its stack and tells nothing."""
    if _is_about_room(error):
        full = StorageUnavailableError(NO_ROOM)
        full.__cause__ = error
        return describe(full)
    told = next((told for kind, told in _DJANGO if isinstance(error, kind)), _UNFORESEEN)
    if told.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("request_failed", exc_info=error)
        if _is_about_the_schema(error) and _is_behind():
            return _UPGRADING
    return told


def _is_about_room(error: BaseException | None) -> bool:
    """Whether a full disk is at the bottom of it, of whoever found that out."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return True
        if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_about_the_schema(error: Exception) -> bool:
    """PostgreSQL calls a missing table or column an error of the program, SQLite says "no such …"."""
    return isinstance(error, ProgrammingError) or (
        isinstance(error, OperationalError) and str(error).startswith("no such ")
    )


def _is_behind() -> bool:
    """Whether the code is newer than the tables."""
    try:
        return first_missing_migration() is not None
    except DatabaseError:
        return False


@describe.register
def _(error: domain.InventoryError) -> ErrorResponse:
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    headers = {}
    if isinstance(error, domain.BusyError):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, UnsatisfiableRangeError):
        headers["Content-Range"] = f"bytes */{error.total}"
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("request_failed", exc_info=error)
    facts = getattr(error, "facts", {})
    return ErrorResponse(status, error.code, str(error), getattr(error, "fields", None), headers, facts)


@describe.register
def _(error: ValidationError) -> ErrorResponse:
    fields = _fields(error.message_dict if hasattr(error, "error_dict") else error.messages)
    return ErrorResponse(HTTPStatus.BAD_REQUEST, "invalid", _sentence(fields), fields)


@describe.register
def _(error: drf.ValidationError) -> ErrorResponse:
    fields = _fields(error.detail)
    return ErrorResponse(HTTPStatus.BAD_REQUEST, "invalid", _sentence(fields), fields)


@describe.register
def _(error: drf.APIException) -> ErrorResponse:
    code, sentence = _REST.get(error.status_code, ("error", "The request failed."))
    headers = {
        header: str(value)
        for header, attribute in (("WWW-Authenticate", "auth_header"), ("Retry-After", "wait"))
        if (value := getattr(error, attribute, None))
    }
    return ErrorResponse(error.status_code, code, sentence, headers=headers)


def _fields(detail: Any) -> dict[str, list[str]]:
    if not isinstance(detail, dict):
        detail = {"body": detail}
    fields: dict[str, list[str]] = {}
    faults = ((str(name), text) for name, value in detail.items() for text in _texts(value))
    for name, text in islice(faults, _MAX_MESSAGES):
        fields.setdefault("body" if name == "__all__" else name, []).append(text)
    return fields


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield str(value)
        return
    for inner in value.values() if isinstance(value, dict) else value:
        yield from _texts(inner)


def _sentence(fields: dict[str, list[str]]) -> str:
    name, texts = next(iter(fields.items()))
    return texts[0] if name == "body" else f"{name}: {texts[0]}"


# --- Django's own error pages ---------------------------------------------------------------------


def _page(request: HttpRequest, error: Exception) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return answer(error)
    told = describe(error)
    page = render(request, "error.html", {"told": told}, status=told.status)
    for name, value in told.headers.items():
        page[name] = value
    return page


def error_page(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """`handler400`, `handler403`, `handler404` and `handler500`, which Django calls while it handles the error."""
    error = exception or sys.exc_info()[1]
    return _page(request, error if isinstance(error, Exception) else Exception("unknown error"))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The `CSRF_FAILURE_VIEW`."""
    logger.warning("csrf_failed", reason=reason)
    return _page(request, StalePageError())


@csrf_exempt
def api_not_found(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Whatever under /api/ has no route, in debug mode too. A program without a CSRF token gets its 404 as well."""
    return answer(Http404())
