"""What the schema has to be told: what text fields take, and views that do not describe themselves."""

from typing import Any

from django.core.validators import URLValidator
from drf_spectacular.extensions import OpenApiSerializerFieldExtension, OpenApiViewExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from typing_extensions import override

from attachments.api.openapi import ATTACHMENT_NOT_FOUND
from core.api.negotiation import WhateverIsAccepted
from core.api.schema import operation
from core.validators import several_lines
from inventory.schema.cas import CONTENT, QUERY

# Control characters (Unicode's Cc) and white space (Python's `str.strip()`).
_CONTROL = r"\u0000-\u001f\u007f-\u009f"
_CONTROL_BUT_LINES = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"
_SPACE = r"\u0020\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_ADDRESS = rf"[Hh][Tt][Tt][Pp][Ss]?://[^{_CONTROL}{_SPACE}]+"


class TextFieldExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """No control characters; where blank text is refused, something beside white space; addresses of the web."""

    target_class = "core.api.fields.TextField"
    match_subclasses = True

    @override
    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        field: Any = self.target
        schema: dict[str, Any] = {"type": "string"}
        if field.max_length is not None:
            schema["maxLength"] = field.max_length
        if any(isinstance(validator, URLValidator) for validator in field.validators):
            schema["format"] = "uri"
            content = f"[{_SPACE}]*{_ADDRESS}[{_SPACE}]*"
            schema["pattern"] = f"^([{_SPACE}]*|{content})$" if field.allow_blank else f"^{content}$"
            return schema
        allowed = _CONTROL_BUT_LINES if several_lines in field.validators else _CONTROL
        if field.allow_blank:
            schema["pattern"] = f"^[^{allowed}]*$"
        else:
            schema["pattern"] = f"^[^{allowed}]*[^{_CONTROL}{_SPACE}][^{allowed}]*$"
        return schema


class LegacyContentExtension(OpenApiViewExtension):  # type: ignore[no-untyped-call]
    """Content that is not migrated yet: the query of a content address, but with login."""

    target_class = "attachments.legacy.views.LegacyContentView"

    @override
    def view_replacement(self) -> Any:
        described = operation(
            "get_attachment_content",
            answer={**{(200, content_type): OpenApiTypes.BINARY for content_type in CONTENT}, 302: None},
            query=[OpenApiParameter(row["name"], row["schema"], description=row["description"]) for row in QUERY],
            errors={
                **ATTACHMENT_NOT_FOUND,
                404: ["unknown_attachment_set", "unknown_attachment", "content_not_found"],
                422: ["image_damaged", "image_too_large", "decoding_limit"],
                500: ["storage_unavailable"],
                503: ["decoding_busy"],
            },
        )

        class Described(self.target):  # type: ignore[name-defined, misc]
            content_negotiation_class = WhateverIsAccepted

            @described
            def get(self, request: Any, set_id: int, attachment_id: int) -> Any:
                """The content of an attachment that is not migrated yet; 302 to its content address once it is."""

        return Described
