"""Which files are allowed, told from their first bytes, never from a name or a header.

Sources of the signatures: the PNG, GIF89a, JFIF and WebP specifications, ISO/IEC 23008-12 (HEIF) and AV1 Image File
Format for the brands, ISO 32000-1 appendix H.3 for the 1,024 bytes in which `%PDF-` may stand.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.utils.text import get_text_list

from cas.media.pdf_heads import is_pdf
from cas.storage.staging import HEAD_BYTES
from core.filenames import clean_filename

# What is not of an allowed type is never shown, only saved.
DOWNLOAD_TYPE = "application/octet-stream"
# As what the bytes before the signature of a PDF may look; other known formats are themselves.
_NOTHING_ELSE = {"text", "data of an unknown kind", "an XML document"}


@dataclass(frozen=True)
class FileType:
    """An allowed type: all that the project knows of it.

    `kind` is the attachment type, `label` a name and a noun for sentences, `pillow_format` Pillow's name, None for a
    PDF. `matches` says whether a file that begins so is one. The first of `extensions`, in lower case, is added to a
    name that has none of them. `pixel_share` is the part of MAX_IMAGE_PIXELS that is allowed: a decoder of one format
    takes more memory for a pixel than that of another. What is not `is_shown` in a browser is saved.
    """

    content_type: str
    kind: str
    label: str
    pillow_format: str | None = None
    extensions: tuple[str, ...] = ("",)
    matches: Callable[[bytes], object] = lambda _: False
    pixel_share: float = 1
    is_shown: bool = True

    @property
    def max_pixels(self) -> int:
        """The largest picture of this type that is decoded."""
        return int(settings.MAX_IMAGE_PIXELS * self.pixel_share)

    @property
    def max_bytes(self) -> int:
        """The largest file of this type that is accepted, in bytes."""
        limit: int = settings.MAX_IMAGE_BYTES if self.kind == "image" else settings.MAX_PDF_BYTES
        return limit

    def named(self, name: str, default: str = "file") -> str:
        """The name, cleaned, with an extension of this type: a person's system goes by that alone."""
        name = clean_filename(name, default)
        return name if name.lower().endswith(self.extensions) else clean_filename(name + self.extensions[0])


# With Pillow 12 a pixel takes, at the peak of decoding and shrinking, 7 bytes in a progressive JPEG, 8 in a PNG with
# transparency, 5 in a GIF, 17 in a WebP, 10 in an AVIF: with these shares, half a gigabyte for the largest of each.
JPEG = FileType(
    "image/jpeg", "image", "JPEG picture", "JPEG", (".jpg", ".jpeg", ".jfif"), re.compile(rb"\xff\xd8\xff").match
)
PNG = FileType("image/png", "image", "PNG picture", "PNG", (".png",), re.compile(rb"\x89PNG\r\n\x1a\n").match)
GIF = FileType("image/gif", "image", "GIF picture", "GIF", (".gif",), re.compile(rb"GIF8[79]a").match)
WEBP = FileType(
    "image/webp",
    "image",
    "WebP picture",
    "WEBP",
    (".webp",),
    re.compile(rb"RIFF....WEBP", re.DOTALL).match,
    pixel_share=0.5,
)
AVIF = FileType(
    "image/avif",
    "image",
    "AVIF picture",
    "AVIF",
    (".avif",),
    # The major brand may be a general one, with AVIF among the compatible brands.
    lambda head: not {b"avif", b"avis"}.isdisjoint(brands(head)),
    pixel_share=0.75,
)
PDF = FileType(
    "application/pdf",
    "pdf",
    "PDF document",
    None,
    (".pdf",),
    lambda head: is_pdf(head[:HEAD_BYTES]) and describe(head) in _NOTHING_ELSE,
)

BY_CONTENT_TYPE = {file_type.content_type: file_type for file_type in (JPEG, PNG, GIF, WEBP, AVIF, PDF)}
ALLOWED = BY_CONTENT_TYPE.values()

# What people try to send by mistake or on purpose, so that the refusal can name it. The quantifiers of the comments are
# possessive (`*+`): with others, a head of many comments would take for ever.
_REFUSED_SIGNATURES = (
    (re.compile(rb"MZ"), "a Windows program"),
    (re.compile(rb"\x7fELF"), "a Linux program"),
    (re.compile(rb"#!"), "a script"),
    (re.compile(rb"PK(\x03\x04|\x05\x06|\x07\x08)"), "a ZIP archive or an Office document"),
    (re.compile(rb"\x1f\x8b|BZh|\xfd7zXZ\0|7z\xbc\xaf\x27\x1c|Rar!|\x28\xb5\x2f\xfd"), "an archive"),
    (re.compile(rb"....ftyp(hei[cfsx]|hev|mif1|msf1)", re.DOTALL), "a HEIC picture"),
    (re.compile(rb"....ftyp", re.DOTALL), "a video"),
    (re.compile(rb"II\*\0|MM\0\*"), "a TIFF picture"),
    (re.compile(rb"BM.{8}", re.DOTALL), "a BMP picture"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an old Office document"),
    (
        re.compile(
            rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*+(<!doctype svg|<svg)", re.IGNORECASE | re.DOTALL
        ),
        "an SVG drawing",
    ),
    (
        re.compile(
            rb"(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)*+<(!doctype html|html|head|body|script)", re.IGNORECASE | re.DOTALL
        ),
        "an HTML page",
    ),
    (re.compile(rb"(\xef\xbb\xbf)?\s*<\?xml", re.IGNORECASE), "an XML document"),
)


def recognise(head: bytes) -> FileType | None:
    """The allowed type that the first 1,024 bytes of a file show, or None."""
    return next((file_type for file_type in ALLOWED if file_type.matches(head)), None)


def allowed_types() -> str:
    """All of them, in a sentence."""
    names: dict[str, list[str]] = {}
    for file_type in ALLOWED:
        name, noun = file_type.label.rsplit(" ", 1)
        names.setdefault(noun, []).append(name)
    return get_text_list([f"{get_text_list(some, 'and')} {noun}s" for noun, some in names.items()], "and")


def brands(head: bytes) -> list[bytes]:
    """The major brand of an ISO base media file (ISO/IEC 14496-12, `ftyp`), then the compatible ones."""
    if head[4:8] != b"ftyp":
        return []
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return [head[8:12], *(head[start : start + 4] for start in range(16, end - 3, 4))]


def describe(head: bytes) -> str:
    """What a refused file looks like, for a sentence: "an SVG drawing", "text", …"""
    for signature, description in _REFUSED_SIGNATURES:
        if signature.match(head):
            return description
    is_text = b"\0" not in head and not any(byte < 9 or 13 < byte < 32 for byte in head)
    return "text" if is_text else "data of an unknown kind"
