"""Files to send, drawn in memory."""

import hashlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

# What a person takes for a picture, as its first bytes do.
BROKEN_PICTURE = b"\x89PNG\r\n\x1a\nthese are notes, not a picture"


def picture(colour: str = "red", *, size: tuple[int, int] = (320, 200), form: str = "JPEG", **options: Any) -> bytes:
    """A picture of one colour."""
    output = BytesIO()
    Image.new("RGB", size, colour).save(output, form, **options)
    return output.getvalue()


def heic() -> bytes:
    """A photo of a telephone held upright: 240 × 320, blue at the top right, yellow at the bottom left, else red.

    In the file it lies on its side, and both `irot` and the EXIF data say so. Nothing that is installed could draw it.
    """
    return Path(__file__).with_name("photo.heic").read_bytes()


def pdf(text: str = "A datasheet") -> bytes:
    """The smallest honest PDF with a word on its page."""
    stream = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    return pdf_of(objects)


def pdf_of(objects: list[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalog."""
    output, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(output))
        output += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(output))
    return output + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


def sha256(data: bytes) -> str:
    """As the store writes it."""
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def photo() -> Callable[..., SimpleUploadedFile]:
    """A JPEG as it comes from a form."""

    def make(colour: str = "red", name: str = "photo.jpg", **options: Any) -> SimpleUploadedFile:
        return SimpleUploadedFile(name, picture(colour, **options), "image/jpeg")

    return make


@pytest.fixture
def datasheet() -> Callable[..., SimpleUploadedFile]:
    """A PDF as it comes from a form."""

    def make(text: str = "A datasheet", name: str = "datasheet.pdf") -> SimpleUploadedFile:
        return SimpleUploadedFile(name, pdf(text), "application/pdf")

    return make
