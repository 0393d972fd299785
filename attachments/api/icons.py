"""Pictures that stand for what has none."""

import hashlib
from pathlib import Path

from django.http import HttpResponse, HttpResponseBase, HttpResponseNotModified
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.views import APIView

import cas
from attachments.api.negotiation import WhateverIsAccepted
from attachments.api.schema import operation
from cas.serving import not_modified

_PDF = Path(cas.__file__).with_name("pdf_icon.svg").read_bytes()
_ETAG = f'"{hashlib.sha256(_PDF).hexdigest()}"'


class PdfIconView(APIView):
    """The icon of PDF documents; it never changes."""

    content_negotiation_class = WhateverIsAccepted

    @operation("get_pdf_icon", answer={(200, "image/svg+xml"): OpenApiTypes.STR, 304: None})
    def get(self, request: Request) -> HttpResponseBase:
        """The icon of PDF documents, as SVG."""
        known = not_modified(request._request, _ETAG)
        response = HttpResponseNotModified() if known else HttpResponse(_PDF, content_type="image/svg+xml")
        response["ETag"] = _ETAG
        response["Cache-Control"] = "private, max-age=31536000, immutable"
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return response
