"""The schema, and a page to read and try it."""

from functools import cache
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api.negotiation import WhateverIsAccepted

# Swagger UI styles its elements one by one, and has its icons in itself.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@cache
def schema() -> dict[str, Any]:
    """The whole schema. It depends on the code alone, so it is made once."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


class SchemaView(APIView):
    """The schema of this API."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """OpenAPI 3.1, as JSON."""
        prefix = get_script_prefix().rstrip("/")
        return Response({**schema(), "servers": [{"url": prefix}]} if prefix else schema())


class DocsView(APIView):
    """A page to read about the API and to try it, from files of our own."""

    content_negotiation_class = WhateverIsAccepted

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """The page."""
        response = render(request._request, "inventory/docs.html")
        response["Content-Security-Policy"] = _POLICY
        response["Cache-Control"] = "private, no-store"
        return response
