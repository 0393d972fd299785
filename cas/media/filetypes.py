"""What a file is, told from its first bytes, never from a name or a header: a picture, a PDF, or any other file.

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

# What is neither picture nor PDF is never shown, only saved, whatever it claims to be.
DOWNLOAD_TYPE = "application/octet-stream"
# As what the bytes before the signature of a PDF may look; other known formats are themselves.
_NOTHING_ELSE = {"text", "data of an unknown kind", "an XML document"}
_LIMITS = {"image": "MAX_IMAGE_BYTES", "pdf": "MAX_PDF_BYTES", "file": "MAX_FILE_BYTES"}


@dataclass(frozen=True)
class FileType:
    """A type of files: all that the project knows of it.

    `kind` is the attachment type, `label` a name and a noun for sentences, `pillow_format` Pillow's name, None for what
    is no picture. `matches` says whether a file that begins so is one. The first of `extensions`, in lower case, is
    added to a name that has none of them. `pixel_share` is the part of MAX_IMAGE_PIXELS that is allowed: a decoder of
    one format takes more memory for a pixel than that of another. What is not `is_shown` in a browser is saved.
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
        limit: int = getattr(settings, _LIMITS[self.kind])
        return limit

    def named(self, name: str, default: str = "file") -> str:
        """The name, cleaned, with an extension of this type: a person's system goes by that alone."""
        name = clean_filename(name, default)
        return name if name.lower().endswith(self.extensions) else clean_filename(name + self.extensions[0])


# With Pillow 12 a pixel takes, at the peak of decoding and shrinking, 7 bytes in a progressive JPEG, 8 in a PNG with
# transparency, 5 in a GIF, 17 in a WebP, 10 in an AVIF and in a HEIC (pi-heif 1.4): with these shares, half a gigabyte
# for the largest of each.
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
# What telephones make of a photo; no browser but Safari shows it. Telephones have up to 8064 × 6048 pixels.
HEIC = FileType(
    "image/heic",
    "image",
    "HEIC picture",
    "HEIF",
    (".heic", ".heif", ".hif"),
    lambda head: not {b"heic", b"heix", b"heim", b"heis"}.isdisjoint(brands(head)),
    pixel_share=0.8,
    is_shown=False,
)
PDF = FileType(
    "application/pdf",
    "pdf",
    "PDF document",
    None,
    (".pdf",),
    lambda head: is_pdf(head[:HEAD_BYTES]) and describe(head) in _NOTHING_ELSE,
)

# Whatever else there is.
FILE = FileType(DOWNLOAD_TYPE, "file", "file", is_shown=False)

BY_CONTENT_TYPE = {file_type.content_type: file_type for file_type in (JPEG, PNG, GIF, WEBP, AVIF, HEIC, PDF, FILE)}
ALLOWED = BY_CONTENT_TYPE.values()

# What a file that is neither picture nor PDF looks like, and the types that it then surely is of, by their extensions.
# The quantifiers of the comments are possessive (`*+`): with others, a head of many comments would take for ever.
_OTHER_SIGNATURES: tuple[tuple[re.Pattern[bytes], str, tuple[str, ...]], ...] = (
    (re.compile(rb"MZ"), "a Windows program", ("exe", "dll", "scr", "com")),
    (re.compile(rb"\x7fELF"), "a Linux program", ("elf", "so")),
    (re.compile(rb"#!"), "a script", ("sh",)),
    (re.compile(rb"PK(\x03\x04|\x05\x06|\x07\x08)"), "a ZIP archive or an Office document", ()),
    (re.compile(rb"\x1f\x8b|BZh|\xfd7zXZ\0|7z\xbc\xaf\x27\x1c|Rar!|\x28\xb5\x2f\xfd"), "an archive", ()),
    (re.compile(rb"....ftyp(mif1|msf1|hevc|hevx)", re.DOTALL), "an unusual HEIF picture", ("heif",)),
    (re.compile(rb"....ftyp", re.DOTALL), "a video", ()),
    (re.compile(rb"II\*\0|MM\0\*"), "a TIFF picture", ("tif", "tiff")),
    (re.compile(rb"BM.{8}", re.DOTALL), "a BMP picture", ("bmp",)),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an old Office document", ()),
    (
        re.compile(
            rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*+(<!doctype svg|<svg)", re.IGNORECASE | re.DOTALL
        ),
        "an SVG drawing",
        ("svg",),
    ),
    (
        re.compile(
            rb"(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)*+<(!doctype html|html|head|body|script)", re.IGNORECASE | re.DOTALL
        ),
        "an HTML page",
        ("html", "htm"),
    ),
    (re.compile(rb"(\xef\xbb\xbf)?\s*<\?xml", re.IGNORECASE), "an XML document", ("xml",)),
)


def recognise(head: bytes) -> FileType:
    """The type that the first 1,024 bytes of a file show; FILE for what is neither picture nor PDF."""
    return next((file_type for file_type in ALLOWED if file_type.matches(head)), FILE)


def blocked_type(head: bytes, filename: str) -> str | None:
    """Which of BLOCKED_FILE_TYPES the file is, by its name or by its first bytes; None for a file that may be kept."""
    shown = {extension.removeprefix(".") for extension in recognise(head).extensions}
    shown |= next((set(types) for signature, _, types in _OTHER_SIGNATURES if signature.match(head)), set())
    name = filename.lower().rstrip(". ")
    return next((kind for kind in settings.BLOCKED_FILE_TYPES if kind in shown or name.endswith(f".{kind}")), None)


def allowed_types() -> str:
    """What may be attached, and how large: a sentence without its full stop, said here and nowhere else."""
    labels: dict[str, list[str]] = {}
    for file_type in ALLOWED:
        labels.setdefault(file_type.kind, []).append(file_type.label)
    kinds = []
    for kind, some in labels.items():
        limit = f"{getattr(settings, _LIMITS[kind]) / 1_000_000:g} MB"
        if kind == FILE.kind:
            kinds.append(f"any other file up to {limit}")
        else:
            noun = some[0].rsplit(" ", 1)[1]
            kinds.append(f"{get_text_list([label.rsplit(' ', 1)[0] for label in some], 'and')} {noun}s up to {limit}")
    blocked = get_text_list([f".{kind}" for kind in settings.BLOCKED_FILE_TYPES], "and")
    return f"{', '.join(kinds[:-1])}, and {kinds[-1]}" + (f", except {blocked}" if blocked else "")


def largest_file() -> int:
    """How many bytes a file of any type may have."""
    return max(file_type.max_bytes for file_type in ALLOWED)


def brands(head: bytes) -> list[bytes]:
    """The major brand of an ISO base media file (ISO/IEC 14496-12, `ftyp`), then the compatible ones."""
    if head[4:8] != b"ftyp":
        return []
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return [head[8:12], *(head[start : start + 4] for start in range(16, end - 3, 4))]


def describe(head: bytes) -> str:
    """What a file that is neither picture nor PDF looks like, for a sentence: "an SVG drawing", "text", …"""
    for signature, description, _ in _OTHER_SIGNATURES:
        if signature.match(head):
            return description
    is_text = b"\0" not in head and not any(byte < 9 or 13 < byte < 32 for byte in head)
    return "text" if is_text else "data of an unknown kind"
