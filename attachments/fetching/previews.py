"""Looking at a URL before it is kept, and keeping what was found without asking for it again."""

from contextlib import closing
from dataclasses import dataclass

from attachments.fetching import recent
from attachments.fetching.fetch import Fetched, fetch
from attachments.fetching.recent import Entry


@dataclass(frozen=True)
class Preview:
    """What a person is shown while typing. `kind` is "image", "pdf", "file" or "webpage"."""

    title: str
    kind: str
    has_picture: bool
    notice: str | None


@dataclass(frozen=True)
class Picture:
    """The bytes of a picture of an allowed type."""

    data: bytes
    content_type: str


def preview(url: str) -> Preview:
    """What the URL leads to. Raises as `fetch`."""
    with closing(_looked_at(url)) as entry:
        return Preview(entry.title or url, entry.kind, entry.has_picture, entry.notice)


def picture(url: str, *, may_fetch: bool = True) -> Picture | None:
    """The picture found for the URL, or None. Raises as `fetch`, unless only what is remembered counts."""
    entry = _looked_at(url) if may_fetch else recent.find(url)
    if entry is None:
        return None
    with closing(entry):
        return Picture(entry.data.read(), entry.content_type) if entry.has_picture else None


def fetched_once(url: str) -> Fetched:
    """What a preview has found a moment ago, or else a new look. The caller closes it. Raises as `fetch`."""
    entry = recent.find(url)
    if entry is None:
        return fetch(url)
    with closing(entry):
        return entry.fetched()


def _looked_at(url: str) -> Entry:
    entry = recent.find(url)
    if entry is not None:
        return entry
    with closing(fetch(url)) as fetched:
        return recent.keep(url, fetched)
