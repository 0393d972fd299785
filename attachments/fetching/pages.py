"""What a page says about itself: its title, its pictures, and the frames in it.

The parser builds no tree: it tells of one tag after the other, so neither depth nor length of a page costs memory.
"""

import unicodedata
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from attachments.fetching.charsets import decode
from attachments.fetching.deadline import Deadline
from attachments.fetching.errors import CannotFetchError
from attachments.fetching.refreshes import refresh_url
from attachments.fetching.urls import join
from core.numbers import whole_number

# Titles, pictures and declarations stand at the beginning of a page; what comes later is not looked at.
MAX_PAGE_BYTES = 2_000_000
TITLE_LENGTH = 200
_FEED = 64 * 1024
_MAX_LISTED = 50
_MAX_TITLE_DATA = 10_000
_OG_IMAGES = {"og:image", "og:image:url", "og:image:secure_url"}
_TWITTER_IMAGES = {"twitter:image", "twitter:image:src"}
# Zero-width joiners make letters of some scripts; the other invisible characters only play tricks.
_JOINERS = {"\u200c", "\u200d"}
_UNWANTED = {"Cc", "Cf", "Cs", "Co"}


@dataclass
class Page:
    """What was found. `pictures` are addresses, the best first; `frames` those of its iframes and embedded objects.

    `asked` is the URL that somebody pasted, `url` where its redirects ended, `refresh` where a browser would go on to.
    """

    asked: str
    url: str
    title: str = ""
    pictures: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    refresh: str = ""


def read_page(body: bytes, http_charset: str, *, asked: str, url: str, deadline: Deadline) -> Page:
    """Parse the page that came from the address. Raises CannotFetchError when the time is up."""
    found = _Finder()
    # NUL ends a string for some parsers; pages do not need it.
    data = decode(body, http_charset).replace("\0", "").encode("utf-8", "replace")
    parser = etree.HTMLParser(target=found, encoding="utf-8", huge_tree=False)
    try:
        for start in range(0, len(data), _FEED):
            deadline.left()
            parser.feed(data[start : start + _FEED])
        parser.close()
    except etree.LxmlError:
        pass  # It gave up; what it had found until then is good.
    base = _joined(url, found.base) or url
    pictures = [_joined(base, reference) for reference in found.pictures()]
    frames = [_joined(base, reference) for reference in found.frames]
    return Page(
        asked=asked,
        url=url,
        title=clean_title(found.og_title) or clean_title("".join(found.title)),
        pictures=list(dict.fromkeys(filter(None, pictures))),
        frames=list(dict.fromkeys(filter(None, frames))),
        refresh=refresh_url(found.refresh, base, url),
    )


def clean_title(text: str) -> str:
    """One line, white space folded, nothing invisible, at most 200 characters, cut between words where that can be."""
    visible = (_visible(character) for character in text[:_MAX_TITLE_DATA])
    line = " ".join("".join(visible).split())
    if len(line) <= TITLE_LENGTH:
        return line
    end = TITLE_LENGTH - 1
    space = line.rfind(" ", TITLE_LENGTH // 2, end + 1)
    if space > 0:
        end = space
    else:
        # Not between a letter and its accent.
        while end > 0 and (unicodedata.combining(line[end]) or line[end] in _JOINERS or line[end - 1] in _JOINERS):
            end -= 1
    return line[:end].rstrip(" ,;:-–—|·/(") + "…"


def _visible(character: str) -> str:
    if "\x80" <= character <= "\x9f":
        # What `&#150;` means in a browser: a character of Windows-1252.
        character = character.encode("latin-1").decode("cp1252", "ignore")
        return character or " "
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in _UNWANTED and character not in _JOINERS else character


def _joined(base: str, reference: str) -> str:
    if not reference.strip():
        return ""
    try:
        return join(base, reference)
    except CannotFetchError:
        return ""


class _Finder:
    """Collects titles, pictures and frames while lxml parses a page."""

    def __init__(self) -> None:
        self.og_title = ""
        self.title: list[str] = []
        self.base = ""
        self.frames: list[str] = []
        self.refresh = ""
        self._images: dict[str, list[str]] = {"og": [], "twitter": [], "image_src": [], "itemprop": []}
        self._icons: list[tuple[int, str]] = []
        self._in_title = self._had_title = False
        self._drawings = self._without_scripts = 0

    def start(self, tag: str, attributes: Any) -> None:
        if "image" in attributes.get("itemprop", "").split():
            self._add_image(
                "itemprop", attributes.get("content") or attributes.get("href") or attributes.get("src", "")
            )
        if tag == "svg":
            self._drawings += 1
        elif tag == "noscript":
            self._without_scripts += 1
        elif tag == "title":
            # A drawing has titles too.
            self._in_title = not self._had_title and not self._drawings
        elif tag == "meta":
            self._read_meta(attributes)
        elif tag == "link":
            self._read_link(attributes)
        elif tag == "base":
            self.base = self.base or attributes.get("href", "")
        elif tag in {"iframe", "frame", "embed", "object"} and len(self.frames) < _MAX_LISTED:
            self.frames.append(attributes.get("src") or attributes.get("data", ""))

    def end(self, tag: str) -> None:
        if tag == "svg" and self._drawings:
            self._drawings -= 1
        elif tag == "noscript" and self._without_scripts:
            self._without_scripts -= 1
        elif tag == "title" and self._in_title:
            self._in_title = False
            self._had_title = bool("".join(self.title).strip())

    def data(self, data: str) -> None:
        if self._in_title and len(self.title) < _MAX_LISTED:
            self.title.append(data[:_MAX_TITLE_DATA])

    def comment(self, data: str) -> None:
        pass

    def close(self) -> None:
        pass

    def pictures(self) -> list[str]:
        """References, the best first: what the page shows to networks and search engines, then its largest icon."""
        icons = [reference for _, reference in sorted(self._icons, key=lambda icon: -icon[0])]
        return [*(reference for references in self._images.values() for reference in references), *icons]

    def _read_meta(self, attributes: Any) -> None:
        # Half of the web writes `name` where the protocol says `property`.
        content = attributes.get("content", "")
        # What a page does to browsers without scripts, it does not do to those that people have.
        if attributes.get("http-equiv", "").strip().lower() == "refresh" and not self._without_scripts:
            self.refresh = self.refresh or content
        for name in {attributes.get("property", "").lower(), attributes.get("name", "").lower()}:
            if name == "og:title" and not self.og_title.strip():
                self.og_title = content
            for kind, names in (("og", _OG_IMAGES), ("twitter", _TWITTER_IMAGES)):
                if name in names:
                    self._add_image(kind, content)

    def _add_image(self, kind: str, reference: str) -> None:
        # A placeholder, until a script puts the picture there.
        if len(self._images[kind]) < _MAX_LISTED and not reference.startswith("data:"):
            self._images[kind].append(reference)

    def _read_link(self, attributes: Any) -> None:
        relations = set(attributes.get("rel", "").lower().split())
        if "image_src" in relations:
            self._add_image("image_src", attributes.get("href", ""))
        if not relations & {"icon", "apple-touch-icon", "apple-touch-icon-precomposed"}:
            return
        is_drawing = "svg" in attributes.get("type", "").lower()
        if not is_drawing and len(self._icons) < _MAX_LISTED:
            usual = 16 if "icon" in relations else 180
            self._icons.append((_largest(attributes.get("sizes", ""), usual), attributes.get("href", "")))


def _largest(sizes: str, usual: int) -> int:
    """The widest of "16x16 32x32", in pixels."""
    widths = (whole_number(size.partition("x")[0]) for size in sizes.lower().split())
    return max((width for width in widths if width is not None), default=usual)
