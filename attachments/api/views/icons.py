"""Pictures that stand for files without a picture."""

import hashlib

from django.http import HttpResponse, HttpResponseBase, HttpResponseNotModified
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.views import APIView

from cas.serving.headers import byte_headers
from cas.serving.responses import ICON_TYPE, PDF_ICON
from core.api.negotiation import WhateverIsAccepted
from core.api.schema import operation
from core.etags import not_modified

_ETAG = f'"{hashlib.sha256(PDF_ICON).hexdigest()}"'


class PdfIconView(APIView):
    """The icon of PDF documents; it never changes."""

    content_negotiation_class = WhateverIsAccepted

    @operation("get_pdf_icon", answer={(200, ICON_TYPE): OpenApiTypes.STR, 304: None})
    def get(self, request: Request) -> HttpResponseBase:
        """The icon of PDF documents, as SVG."""
        known = not_modified(request._request, _ETAG)
        response = HttpResponseNotModified() if known else HttpResponse(PDF_ICON)
        return byte_headers(response, ICON_TYPE, cache="private, max-age=31536000, immutable", etag=_ETAG)
