"""From the bytes of a page to its text."""

import codecs
import re

# As the HTML standard has it, the declaration stands in the first 1,024 bytes; many pages do not know.
_PRESCAN_BYTES = 4096
_DECLARED = re.compile(
    rb"""<(?:meta[^>]{1,200}?charset|\?xml[^>]{1,100}?encoding)\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Where the Encoding standard reads a label as a larger charset than Python does.
_LARGER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
# Labels that Python does not know.
_NAMES = {"x-sjis": "cp932", "x-gbk": "gb18030", "x-euc-jp": "euc_jp", "x-x-big5": "big5hkscs", "x-cp1251": "cp1251"}
# Codecs of Python that are no charset of any page.
_NO_CHARSET = re.compile(r"utf-?7|idna|punycode|(raw-)?unicode-escape|undefined|mbcs|oem")


def decode(page: bytes, http_charset: str = "") -> str:
    """The text. Byte order mark, HTTP header, the page's own declaration, UTF-8, Windows-1252: the first that fits.

    A declared charset with a few wrong bytes is still better than another; these become U+FFFD. Nothing is guessed from
    the letters: on the few of a title, detectors are wrong more often than right.
    """
    for mark, charset in _MARKS:
        if page.startswith(mark):
            return page[len(mark) :].decode(charset, "replace")
    declared = [charset for label in (http_charset, _declaration(page)) if (charset := _charset(label))]
    for charset in [*declared, "utf-8"]:
        try:
            # Not final: the page may have been cut off in the middle of a character.
            return codecs.getincrementaldecoder(charset)("strict").decode(page)
        except UnicodeError:
            continue
    return page.decode(declared[0] if declared else "cp1252", "replace")


def _declaration(page: bytes) -> str:
    found = _DECLARED.search(page[:_PRESCAN_BYTES])
    label = found[1].decode("ascii", "replace").lower() if found else ""
    # What could be read as ASCII until here is not UTF-16, whatever it says.
    return "utf-8" if label.startswith("utf-16") else label


def _charset(label: str) -> str:
    """Python's name of the charset, or nothing."""
    label = label.strip("\"' ").lower()
    try:
        codec = codecs.lookup(_NAMES.get(label, label))
    except (LookupError, ValueError):
        return ""
    # "zip", "hex" and "rot13" are codecs too, but of other things.
    if not codec._is_text_encoding or _NO_CHARSET.fullmatch(codec.name.replace("_", "-")):
        return ""
    return _LARGER.get(codec.name, codec.name)
