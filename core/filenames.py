"""File names that came from strangers."""

import unicodedata
from urllib.parse import quote

MAX_LENGTH = 255
# Control, format (the bidi overrides among them), surrogate, private use and unassigned; line and paragraph separators.
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


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
    """The header of RFC 6266: an ASCII form for old clients, and the whole name by RFC 8187 where it has more."""
    name = clean_filename(filename)
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    quoted = "".join("_" if character in '"\\%' else character for character in plain)
    header = f'{disposition}; filename="{quoted}"'
    if quoted != name:
        header += f"; filename*=UTF-8''{quote(name, safe='')}"
    return header
