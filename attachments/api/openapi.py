"""Parts of the OpenAPI schema that the views of attachments share."""

from typing import Any

from drf_spectacular.utils import OpenApiRequest

from cas.media.filetypes import BY_CONTENT_TYPE, allowed_types
from core.api.schema import Errors

SET_NOT_FOUND: Errors = {404: ["unknown_attachment_set"]}
ATTACHMENT_NOT_FOUND: Errors = {400: ["not_in_set"], 404: ["unknown_attachment_set", "unknown_attachment"]}
# Why a file is not taken.
FILE_REFUSED = [
    "file_type_not_allowed",
    "file_too_large",
    "empty_file",
    "image_refused",
    "decoding_limit",
    "too_many_fields",
]


def upload_schema(**fields: dict[str, Any]) -> OpenApiRequest:
    """A form with one file, these fields, and whether a content that the set has already is refused."""
    return OpenApiRequest(
        {
            "type": "object",
            "required": ["file"],
            "properties": {
                "file": {
                    "type": "string",
                    "format": "binary",
                    "description": f"Exactly one: {allowed_types()}. Its bytes decide its type.",
                },
                **fields,
                "on_duplicate": {
                    "type": "string",
                    "enum": ["add", "refuse"],
                    "default": "add",
                    "description": "What happens when the set has this content already.",
                },
            },
        },
        encoding={"file": {"contentType": ", ".join(BY_CONTENT_TYPE)}},
    )
