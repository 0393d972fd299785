"""Content addresses: a plain Django view, so they are described by hand. So is the content that is not migrated yet."""

from typing import Any

from cas.media.filetypes import BY_CONTENT_TYPE
from cas.media.thumbnails import THUMBNAIL_SIZES
from cas.serving.headers import FOREVER
from inventory.schema.common import condition, error_answer, header

# What may come back: pictures, PDFs, PDFs without a first page as an icon, and anything else as a download.
CONTENT: dict[str, Any] = {
    content_type: {"schema": {"type": "string", "format": "binary"}}
    for content_type in (*BY_CONTENT_TYPE, "image/svg+xml")
}
QUERY: list[dict[str, Any]] = [
    {
        "name": "content_type",
        "in": "query",
        "schema": {"type": "string", "minLength": 1},
        "description": "Of the content. Exactly one of this and `thumbnail` is needed.",
    },
    {
        "name": "thumbnail",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": THUMBNAIL_SIZES[-1]},
        "description": f"A JPEG that fits in a square of this size, rounded up to one of {THUMBNAIL_SIZES}.",
    },
    {"name": "filename", "in": "query", "schema": {"type": "string"}, "description": "Only with `content_type`."},
    {
        "name": "disposition",
        "in": "query",
        "schema": {"type": "string", "enum": ["inline", "attachment"], "default": "inline"},
        "description": "To be looked at or to be kept.",
    },
]
SAFETY: dict[str, Any] = {
    "X-Content-Type-Options": header("The type is not guessed.", const="nosniff"),
    "Content-Security-Policy": header("No scripts."),
    "Cross-Origin-Resource-Policy": header("Not for pages of other sites.", const="same-site"),
    # An icon in place of a first page has none of the following.
    "Content-Disposition": header("RFC 6266.", required=False),
    "Referrer-Policy": header("No address is told.", required=False, const="no-referrer"),
}
_CACHE = header(f"`{FOREVER}`; five minutes for an icon in place of a first page.")
_ETAG = header("The SHA-256, with the size of a thumbnail.", required=False, pattern='^"[0-9a-f]{64}(-[0-9]+)?"$')
_HEADERS = {"Cache-Control": _CACHE, "ETag": _ETAG, **SAFETY}
_RANGES = {"Accept-Ranges": header("Of a content, not of a thumbnail.", required=False, const="bytes")}
_ADDRESS = {
    "name": "sha256",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "description": "Of the content.",
}
_SIGNATURE = {
    "name": "sig",
    "in": "query",
    "schema": {"type": "string"},
    "description": "Over the three others. Addresses come signed, from the links of attachments; they cannot be made.",
}
_ERRORS = {
    400: ["invalid", "bad_host"],
    403: ["bad_signature"],
    404: ["content_not_found"],
    422: ["image_damaged", "image_too_large", "decoding_limit"],
    500: ["storage_unavailable", "internal_error"],
    503: ["decoding_busy"],
}


def _operation(name: str, summary: str, *, body: bool) -> dict[str, Any]:
    content = {"content": CONTENT} if body else {}
    answers: dict[str, Any] = {
        "200": {"description": "The content, or a thumbnail.", "headers": {**_HEADERS, **_RANGES}, **content},
        "304": {"description": "The client has it already.", "headers": _HEADERS},
    }
    parameters = [_ADDRESS, *QUERY, _SIGNATURE, condition("If-None-Match", "Versions that the client has.")]
    errors: dict[int, list[str]] = dict(_ERRORS)
    if body:
        parameters += [
            {**condition("Range", "One range of bytes; several, or another unit, give all of it.")},
            {**condition("If-Range", "The version that the range is of.")},
        ]
        ranged = {"Content-Range": header("Which bytes of how many."), **_HEADERS, **_RANGES}
        answers["206"] = {"description": "The range that was asked for.", "headers": ranged, **content}
        errors[416] = ["range_not_satisfiable"]
    for status, codes in errors.items():
        answers[str(status)] = error_answer(status, codes)
        if not body:
            answers[str(status)].pop("content")
    return {
        "operationId": name,
        "summary": summary,
        "tags": ["cas"],
        "security": [],
        "parameters": parameters,
        "responses": dict(sorted(answers.items())),
    }


CONTENT_PATHS: dict[str, Any] = {
    "/api/cas/{sha256}": {
        "get": _operation("get_content", "A content, or a thumbnail of it.", body=True),
        "head": _operation("head_content", "The headers of a content.", body=False),
    }
}
