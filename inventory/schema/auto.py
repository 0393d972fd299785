"""What all operations have in common, told from their views: login, errors, pages, versions."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework.generics import GenericAPIView
from typing_extensions import override

from cas.errors import StorageStuckError
from core.api.conditional import ConditionalView
from core.api.negotiation import WhateverIsAccepted
from core.api.pagination import parameters as page_parameters
from inventory.schema.common import IF_MATCH, IF_NONE_MATCH, error_answer, shared

_SAFE = {"GET", "HEAD"}
# Numbers of rows, and keys of parts: other paths are no routes, or unknown.
_PATH: dict[str, dict[str, Any]] = {"integer": {"minimum": 0}, "string": {"pattern": "^[A-Z]{4}$"}}


class Schema(AutoSchema):
    """The `DEFAULT_SCHEMA_CLASS` of REST framework."""

    def get_operation(self, *args: Any) -> dict[str, Any] | None:
        """The operation with what its view does not have to say."""
        operation: dict[str, Any] | None = super().get_operation(*args)
        if operation is None:
            return None
        codes = {int(status): list(names) for status, names in operation.pop("x-errors", {}).items()}
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path" and "enum" not in parameter["schema"]:
                parameter["schema"] |= _PATH[parameter["schema"]["type"]]
        self._add_pages(operation)
        self._add_versions(operation)
        for status, common in self._common_errors(operation).items():
            codes[status] = [*common, *codes.get(status, [])]
        for exact, status in getattr(self.view, "page_statuses", {}).items():
            # A store that hangs is told as what it is (inventory/errors.py).
            moved = [name for name in codes.get(exact, []) if name != StorageStuckError.code]
            if moved:
                codes[status] = [*codes.get(status, []), *moved]
                codes[exact] = [name for name in codes[exact] if name not in moved]
        for status in sorted(status for status, names in codes.items() if names):
            operation["responses"][str(status)] = error_answer(status, codes[status])
        for status, answer in operation["responses"].items():
            answer["description"] = answer["description"] or HTTPStatus(int(status)).phrase
        return operation

    def get_auth(self) -> list[dict[str, Any]]:
        """The same for all, also while the API is open."""
        return [{"token": []}, {"session": []}]

    @override
    def get_summary(self) -> str | None:
        function = getattr(self.view, self.method.lower(), None)
        return (getattr(function, "__doc__", None) or "").strip().split("\n")[0] or None

    @override
    def get_description(self) -> str:  # type: ignore[override]
        return "Not built yet: the answer is always empty." if self.get_extensions().get("x-not-built") else ""

    def get_filter_backends(self) -> list[Any]:
        """The views name their parameters themselves."""
        return []

    # Private: `extend_schema_serializer` can add nothing but `x-` extensions to the schema of a serializer.
    def _postprocess_serializer_schema(self, schema: Any, serializer: Any, direction: Any) -> Any:
        names = getattr(serializer, "exactly_one_of", ())
        if names:
            schema["oneOf"] = [{"required": [name]} for name in names]
        for name in getattr(serializer, "nullable_names", ()):
            field = schema["properties"][name]
            field["type"] = [field["type"], "null"]
        if example := getattr(serializer, "example", None):
            schema["examples"] = [example]
        return schema

    # Private: with a paginator drf-spectacular makes a component of each list, and these lists are bare arrays.
    def _get_paginator(self) -> None:
        return None

    # Private: no setting says for one serializer that a PATCH needs what a PUT needs.
    def _get_request_body(self, direction: Any = "request") -> Any:
        # A DELETE may have a body too: how many pieces to take out of which place.
        method = self.method
        if method == "DELETE":
            self.method = "POST"
        try:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = method

    def _get_request_for_media_type(self, serializer: Any, direction: Any = "request") -> Any:
        method = self.method
        if getattr(serializer, "whole_in_patch", False):
            self.method = "PUT"
        try:
            return super()._get_request_for_media_type(serializer, direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = method

    def _add_pages(self, operation: dict[str, Any]) -> None:
        if self.method == "GET" and isinstance(self.view, GenericAPIView):
            default = getattr(self.view, "default_limit", None)
            operation["parameters"] = [*operation.get("parameters", []), *page_parameters(default)]
            operation["responses"]["200"]["headers"] = {
                "X-Total-Count": shared("TotalCount"),
                "Link": shared("Pages"),
                "Cache-Control": shared("Private"),
            }

    def _add_versions(self, operation: dict[str, Any]) -> None:
        if not isinstance(self.view, ConditionalView):
            return
        conditions = [IF_NONE_MATCH, IF_MATCH] if self.method in _SAFE else [IF_MATCH]
        operation["parameters"] = [*operation.get("parameters", []), *conditions]
        headers = {"ETag": shared("ETag"), "Cache-Control": shared("Private")}
        if "200" in operation["responses"]:
            operation["responses"]["200"]["headers"] = headers
        if self.method in _SAFE:
            operation["responses"]["304"] = {
                "description": "The client has this version already.",
                "headers": headers,
            }

    def _common_errors(self, operation: dict[str, Any]) -> dict[int, list[str]]:
        codes = {400: ["bad_host"], 401: ["login_required"], 500: ["internal_error", "database_unavailable"]}
        places = {parameter["in"] for parameter in operation.get("parameters", [])}
        if "query" in places or "requestBody" in operation:
            codes[400].insert(0, "invalid")
        if "requestBody" in operation:
            codes[400].append("malformed")
            codes |= {413: ["body_too_large"], 415: ["unsupported_media_type"]}
        if self.method not in _SAFE:
            codes[403] = ["forbidden", "cross_site_request"]
            if getattr(self.view, "permissions", {}):
                codes[409] = ["conflict"]
        if "path" in places:
            codes[404] = ["not_found"]
        if self.view.content_negotiation_class is not WhateverIsAccepted:
            codes[406] = ["not_acceptable"]
        if isinstance(self.view, ConditionalView):
            codes[412] = ["precondition_failed"]
        return codes
