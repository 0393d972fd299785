"""File names that came from strangers."""

import unicodedata
from urllib.parse import quote

from django.utils.http import content_disposition_header

MAX_LENGTH = 255
# Control, format (the bidi overrides among them), surrogate, private use and unassigned; line and paragraph separators.
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}

# Browsers decode `%25` and `=?utf-8?q?…?=` in the plain form of a name, and take them as they are in the other one.
_DECODED = {"%", "?"}


def clean_filename(name: str, default: str = "file") -> str:
    """The last part of a path, without control and bidi characters, at most 255 characters, its extension kept."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(character for character in name if unicodedata.category(character) not in _INVISIBLE)
    name = " ".join(name.split()).strip(". ") or default
    if len(name) > MAX_LENGTH:
        stem, dot, extension = name.rpartition(".")
        kept = f".{extension}" if dot and len(extension) <= 10 else ""
        name = (stem if kept else name)[: MAX_LENGTH - len(kept)] + kept
    return name


def content_disposition(disposition: str, filename: str) -> str:
    """The header of RFC 6266, for "inline" or "attachment"."""
    name = clean_filename(filename)
    header = content_disposition_header(disposition == "attachment", name)
    if name.isascii() and not _DECODED.isdisjoint(name):
        header = f"{header}; filename*=utf-8''{quote(name)}"
    return str(header)
