"""Parts of the schema that many operations share."""

from collections.abc import Sequence
from typing import Any

ERROR = "Error"
ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Every error, whatever the status.",
    "required": ["error", "details"],
    "additionalProperties": False,
    "properties": {
        "error": {"type": "string", "minLength": 1, "description": "One sentence for a person."},
        "details": {
            "type": "object",
            "required": ["code"],
            "additionalProperties": False,
            "properties": {
                "code": {"type": "string", "pattern": "^[a-z_]+$", "description": "For programs; it does not change."},
                "attachment_id": {"type": "integer", "description": "Of `already_in_set`: the one that is there."},
                "fields": {
                    "type": "object",
                    "description": "The faults by field, where fields are at fault; `body` stands for the whole.",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                    "minProperties": 1,
                },
            },
        },
    },
}

SECURITY_SCHEMES: dict[str, Any] = {
    "token": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Token …`, made in the admin or by `manage.py drf_create_token NAME`.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "The login page's. Writes have a CSRF token in `X-CSRFToken`, or come from a page of this site.",
    },
}


def header(description: str, *, required: bool = True, **schema: Any) -> dict[str, Any]:
    """A header of an answer, a string unless the schema says otherwise."""
    return {"description": description, "required": required, "schema": {"type": "string", **schema}}


HEADERS: dict[str, Any] = {
    "ETag": header("The version of this answer.", pattern='^"[0-9a-f]+"$'),
    "Private": header("Kept by nobody but the client, and asked for again each time.", const="private, no-cache"),
    "NotCached": header("No error is cached.", const="no-store"),
    "TotalCount": header("How many rows there are in all.", type="integer", minimum=0),
    "Pages": header('RFC 8288: `<address>; rel="name"`, of `first`, `prev`, `next` and `last`.'),
    "RetryAfter": header("After so many seconds.", type="integer", minimum=1),
    "Authenticate": header("How to log in.", const="Token"),
}


def shared(name: str) -> dict[str, str]:
    """A reference to one of HEADERS."""
    return {"$ref": f"#/components/headers/{name}"}


def condition(name: str, description: str) -> dict[str, Any]:
    """A conditional header of a request (RFC 9110, section 13)."""
    return {"name": name, "in": "header", "description": description, "schema": {"type": "string"}}


IF_NONE_MATCH = condition("If-None-Match", "Versions that the client has; one of them is answered with 304.")
IF_MATCH = condition("If-Match", "The versions of which one has to be the present one, or the answer is 412.")

_REASONS = {
    400: "Refused input.",
    401: "Nobody is logged in.",
    403: "Not allowed.",
    404: "Unknown.",
    406: "The answer exists only as JSON.",
    409: "It does not fit the present state.",
    412: "The present version is another one.",
    413: "The body is too large.",
    415: "The body has another type.",
    416: "The range lies outside the content.",
    422: "It cannot be fetched or shown.",
    429: "Too many requests.",
    500: "Our fault, or the store's.",
    503: "Not at the moment; try again.",
}


def error_answer(status: int, codes: Sequence[str]) -> dict[str, Any]:
    """An error with the codes that it may have."""
    headers = {"Cache-Control": shared("NotCached")}
    if status == 401:
        headers["WWW-Authenticate"] = shared("Authenticate")
    if status in {429, 503}:
        headers["Retry-After"] = shared("RetryAfter")
    known = ", ".join(f"`{code}`" for code in dict.fromkeys(codes))
    return {
        "description": f"{_REASONS[status]} Codes: {known}.",
        "headers": headers,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{ERROR}"}}},
    }
