"""Looking at a link before it is added: its title, what it is, and its picture."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from attachments.fetching import previews
from attachments.fetching.recent import REMEMBERED_SECONDS
from cas.media.filetypes import ALLOWED
from core.api import body
from core.api.fields import WebURLField
from core.api.negotiation import WhateverIsAccepted
from core.api.pages import PAGE_STATUSES
from core.api.schema import Errors, operation, query
from core.errors import NotFoundError
from core.validators import single_line, without_credentials

_PERMISSION = "attachments.add_attachment"
ERRORS: Errors = {422: ["cannot_fetch"], 429: ["throttled"], 503: ["fetching_busy"]}
URL_SCHEMA = {"type": "string", "format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"}
IMAGE_TYPES = [file_type.content_type for file_type in ALLOWED if file_type.kind == "image" and file_type.is_shown]


class PreviewThrottle(UserRateThrottle):
    """So many looks a minute, of one person."""

    scope = "attachment-preview"


class AddressInput(serializers.Serializer[Any]):
    """The address to look at."""

    example: ClassVar = {"url": "https://www.example.com/ne555"}

    url = WebURLField(max_length=2000, validators=[single_line, without_credentials])


class PreviewSerializer(serializers.Serializer[Any]):
    """What was found there."""

    title = serializers.CharField()
    original_url = serializers.CharField()
    image_url = serializers.CharField(allow_null=True)
    content_type = serializers.ChoiceField(["image", "pdf", "file", "webpage"])
    notice = serializers.CharField(allow_null=True)


class AttachmentPreviewView(APIView):
    """A look at an address."""

    page_statuses = PAGE_STATUSES
    permissions: ClassVar = {"POST": _PERMISSION}
    throttle_classes = (PreviewThrottle,)

    @operation("preview_attachment", body=AddressInput, answer=PreviewSerializer, errors=ERRORS)
    def post(self, request: Request) -> Response:
        """What a link to an address would become. Adding it within a minute does not fetch it again."""
        url = _url(request.data)
        found = previews.preview(url)
        image_url = f"{reverse('preview-image')}?{urlencode({'url': url})}" if found.has_picture else None
        body = {
            "title": found.title,
            "original_url": url,
            "image_url": image_url,
            "content_type": found.kind,
            "notice": found.notice,
        }
        return Response(PreviewSerializer(body).data)


class AttachmentPreviewImageView(APIView):
    """The picture of such a look."""

    content_negotiation_class = WhateverIsAccepted
    throttle_classes = (PreviewThrottle,)

    @operation(
        "get_attachment_preview_image",
        answer={(200, content_type): OpenApiTypes.BINARY for content_type in IMAGE_TYPES},
        errors={**ERRORS, 403: ["forbidden"], 404: ["not_found"]},
        query=[query("url", URL_SCHEMA, "Its address.", required=True)],
    )
    def get(self, request: Request) -> HttpResponse:
        """The picture that was found for an address, in one of the allowed types."""
        if not request.user.has_perm(_PERMISSION):
            raise PermissionDenied
        # A page of another site could make a browser ask for any address; it only gets what somebody looked at.
        may_fetch = request.headers.get("Sec-Fetch-Site") != "cross-site"
        picture = previews.picture(_url(request.query_params), may_fetch=may_fetch)
        if picture is None:
            raise NotFoundError("There is no picture for this address.")
        response = HttpResponse(picture.data, content_type=picture.content_type)
        response["Cache-Control"] = f"private, max-age={REMEMBERED_SECONDS}"
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["Cross-Origin-Resource-Policy"] = "same-site"
        response["Referrer-Policy"] = "no-referrer"
        return response


def _url(data: Any) -> str:
    url: str = body.read(AddressInput, data)["url"]
    return url
