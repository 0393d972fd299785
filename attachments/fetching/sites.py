"""Sites that show a document inside a page of theirs, at a URL that looks like the document's own.

Another one: a function that takes the page and returns where the document really is, or None; and its line in `SITES`.
"""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import structlog

from attachments.fetching.pages import Page

logger = structlog.get_logger(__name__)


def lcsc(page: Page) -> str | None:
    """LCSC answers to the URL of a datasheet with a page that has the PDF in an iframe."""
    host = urlsplit(page.url).hostname or ""
    if (host != "lcsc.com" and not host.endswith(".lcsc.com")) or not _is_pdf(page.asked):
        return None
    return next((frame for frame in page.frames if _is_pdf(frame)), None)


def _is_pdf(url: str) -> bool:
    return urlsplit(url).path.lower().endswith(".pdf")


SITES: tuple[Callable[[Page], str | None], ...] = (lcsc,)


def documents_in(page: Page) -> Iterator[str]:
    """Where the document that the page wraps may be, in the order of `SITES`. One that fails is skipped."""
    for site in SITES:
        try:
            url = site(page)
        except Exception:  # a mistake about one site must not cost the link
            logger.exception("site_failed", site=site.__name__)
            continue
        if url:
            yield url
