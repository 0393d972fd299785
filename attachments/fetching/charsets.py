"""From the bytes of a page to its text, by the labels of the Encoding standard."""

import re

from webencodings import UTF8, IncrementalDecoder, lookup

# As the HTML standard has it, the declaration stands in the first 1,024 bytes; many pages do not know.
_PRESCAN_BYTES = 4096
_DECLARED = re.compile(
    rb"""<(?:meta[^>]{1,200}?charset|\?xml[^>]{1,100}?encoding)\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE
)


def decode(page: bytes, http_charset: str = "") -> str:
    """The text. Byte order mark, HTTP header, the page's own declaration, UTF-8, Windows-1252: the first that fits.

    A declared charset with a few wrong bytes is still better than another; these become U+FFFD. Nothing is guessed from
    the letters: on the few of a title, detectors are wrong more often than right.
    """
    declared = [charset for label in (http_charset, _declaration(page)) if (charset := lookup(label.strip("\"' ")))]
    for charset in [*declared, UTF8]:
        try:
            # Not final: the page may have been cut off in the middle of a character.
            return IncrementalDecoder(charset, "strict").decode(page)
        except UnicodeError:
            continue
    return IncrementalDecoder(declared[0] if declared else "windows-1252").decode(page)


def _declaration(page: bytes) -> str:
    found = _DECLARED.search(page[:_PRESCAN_BYTES])
    label = found[1].decode("ascii", "replace").lower() if found else ""
    # What could be read as ASCII until here is not UTF-16, whatever it says.
    return "utf-8" if label.startswith("utf-16") else label
