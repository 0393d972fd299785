"""Forms that cannot hold an allowed file by their own account, refused before a byte of them is read."""

from typing import NoReturn

from django.conf import settings
from rest_framework.request import Request

from cas.uploads import drain, too_large

# What a multipart body has beside the one file: boundaries, headers and the text.
_ENVELOPE_BYTES = 64 * 1024


def is_too_long(request: Request) -> bool:
    """Whether the request is a form with more bytes than any file may have."""
    is_form = request.META.get("CONTENT_TYPE", "").startswith("multipart/")
    return is_form and _length(request) > _largest() + _ENVELOPE_BYTES


def refuse_length(request: Request) -> NoReturn:
    """Raise FileTooLargeError."""
    drain(request._request, request.META)
    raise too_large("The file", _length(request), _largest())


def _length(request: Request) -> int:
    return int(request.META.get("CONTENT_LENGTH") or 0)


def _largest() -> int:
    return max(settings.MAX_IMAGE_BYTES, settings.MAX_PDF_BYTES)
