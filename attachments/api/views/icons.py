"""Pictures that stand for files without a picture."""

import hashlib

from django.http import HttpResponse, HttpResponseBase, HttpResponseNotModified
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.views import APIView

from cas.media.icons import ICON_TYPE, ICONS
from cas.serving.headers import byte_headers
from core.api.negotiation import WhateverIsAccepted
from core.api.schema import operation
from core.errors import NotFoundError
from core.etags import not_modified

_ETAGS = {icon: f'"{hashlib.sha256(svg).hexdigest()}"' for icon, svg in ICONS.items()}
_NAME = OpenApiParameter("icon", str, OpenApiParameter.PATH, enum=list(ICONS))


class IconView(APIView):
    """An icon of one kind of files; it never changes."""

    content_negotiation_class = WhateverIsAccepted

    @operation(
        "get_icon",
        answer={(200, ICON_TYPE): OpenApiTypes.STR, 304: None},
        errors={404: ["not_found"]},
        query=[_NAME],
    )
    def get(self, request: Request, icon: str) -> HttpResponseBase:
        """The icon of PDF documents, or of a kind of other files, as SVG."""
        if icon not in ICONS:
            raise NotFoundError("There is no such icon.")
        known = not_modified(request._request, _ETAGS[icon])
        response = HttpResponseNotModified() if known else HttpResponse(ICONS[icon])
        return byte_headers(response, ICON_TYPE, cache="private, max-age=31536000, immutable", etag=_ETAGS[icon])
