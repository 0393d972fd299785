"""The file of a form: exactly one, and no longer than any file may be.

A form that cannot hold an allowed file by its own account is refused before a byte of it is read.
"""

from typing import NoReturn

from django.core.files.uploadedfile import UploadedFile
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from cas.media.filetypes import largest_file
from cas.media.inspection import too_large

# What a multipart body has beside the one file: boundaries, headers and the text.
_ENVELOPE_BYTES = 64 * 1024


def is_too_long(request: Request) -> bool:
    """Whether the request is a form with more bytes than any file may have."""
    is_form = request.META.get("CONTENT_TYPE", "").startswith("multipart/")
    return is_form and _length(request) > largest_file() + _ENVELOPE_BYTES


def refuse_length(request: Request) -> NoReturn:
    """Raise FileTooLargeError."""
    raise too_large("The file", _length(request), largest_file())


def single_file(request: Request) -> "UploadedFile[bytes]":
    """The one file of the form. Raises ValidationError for none and for several."""
    files: list[UploadedFile[bytes]] = request.FILES.getlist("file")
    if len(files) != 1:
        raise ValidationError({"file": ["Send exactly one file, in the field named file."]})
    return files[0]


def _length(request: Request) -> int:
    return int(request.META.get("CONTENT_LENGTH") or 0)
