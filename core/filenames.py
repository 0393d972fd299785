"""File names that came from strangers."""

import re
import unicodedata
from urllib.parse import quote

from django.utils.http import content_disposition_header

MAX_LENGTH = 255
# Control characters, lone surrogates (no database stores them), line and paragraph separators. Everything else is the
# user's: joiners that Persian and emoji need, and characters that this Python's tables do not know yet.
_DANGEROUS = {"Cc", "Cs", "Zl", "Zp"}
# Characters that turn the direction of what follows around: "invoice\u202efdp.exe" is shown as "invoiceexe.pdf".
_DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
# Many spaces would push an extension out of sight.
_SPACES = re.compile(r"\s{2,}")
_EDGES = re.compile(r"^[\s.]+|[\s.]+$")

# Browsers decode `%25` and `=?utf-8?q?…?=` in the plain form of a name, and take them as they are in the other one.
_DECODED = {"%", "?"}


def clean_filename(name: str, default: str = "file") -> str:
    """The last part of a path without what is dangerous, in NFC, at most 255 characters, its extension kept."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(character for character in name if not _is_dangerous(character))
    name = _EDGES.sub("", _SPACES.sub(" ", unicodedata.normalize("NFC", name)))
    if not any(map(_is_visible, name)):
        return default
    if len(name) > MAX_LENGTH:
        stem, dot, extension = name.rpartition(".")
        kept = f".{extension}" if dot and len(extension) <= 10 else ""
        name = _EDGES.sub("", (stem if kept else name)[: MAX_LENGTH - len(kept)] + kept)
    return name


def content_disposition(disposition: str, filename: str) -> str:
    """The header of RFC 6266, for "inline" or "attachment"."""
    name = clean_filename(filename)
    header = content_disposition_header(disposition == "attachment", name)
    if name.isascii() and not _DECODED.isdisjoint(name):
        header = f"{header}; filename*=utf-8''{quote(name)}"
    return str(header)


def _is_dangerous(character: str) -> bool:
    return unicodedata.category(character) in _DANGEROUS or unicodedata.bidirectional(character) in _DIRECTIONS


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) != "Cf" and not character.isspace()
