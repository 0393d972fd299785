"""From a URL to what it leads to: a document to keep, or a page with its title and picture."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.utils.http import parse_header_parameters

from attachments.fetching import metrics
from attachments.fetching.bodies import Body, FetchedFile, body_of, filename_of, stage
from attachments.fetching.client import Response, Trail, opened
from attachments.fetching.deadline import Deadline
from attachments.fetching.errors import CannotFetchError, FetchingBusyError
from attachments.fetching.pages import MAX_PAGE_BYTES, Page, read_page
from attachments.fetching.pictures import picture_of
from attachments.fetching.sites import documents_in
from attachments.fetching.walls import is_wall
from cas.media.filetypes import FILE, FileType, describe, recognise
from core.errors import RefusedInputError

logger = structlog.get_logger(__name__)

WEBPAGE = "webpage"
_PAGE_TYPES = {"text/html", "application/xhtml+xml"}
# A fetch may take its ten seconds, and who waits for a place takes up a thread too; the others are for pages.
PLACES = 4
_places = threading.BoundedSemaphore(PLACES)
_PATIENCE_SECONDS = 2.0


@dataclass(frozen=True)
class Fetched:
    """What a URL leads to. Close it.

    `kind` is "image", "pdf", "file" or "webpage". `file` is what the address leads to, or the picture of a page, if it
    has one. `title` is the page's title or the file's name, and may be blank. `notice` is a sentence for the person who
    pasted the address, when it did not lead where one would think.
    """

    kind: str
    title: str
    file: FetchedFile | None = None
    notice: str | None = None

    @property
    def is_document(self) -> bool:
        """Whether the file is what the address leads to, and not only its picture."""
        return self.kind != WEBPAGE

    def close(self) -> None:
        """Remove the temporary file, unless it was published."""
        if self.file is not None:
            self.file.staged.close()


def fetch(url: str) -> Fetched:
    """Go there and look. The time limit is `FETCH_SECONDS`, whatever the servers do.

    Raises CannotFetchError, whose reason is in the log; FetchingBusyError when too many others are at it;
    StorageUnavailableError when there is no room for the file.
    """
    started = time.perf_counter()
    try:
        with _place():
            fetched = _fetched(url, Deadline(settings.FETCH_SECONDS))
    except CannotFetchError as error:
        logger.info("link_not_fetched", host=_host(url), reason=error.reason)
        metrics.LINKS_FETCHED.labels("failed").inc()
        raise
    finally:
        metrics.FETCH_SECONDS.observe(time.perf_counter() - started)
    logger.info("link_fetched", host=_host(url), kind=fetched.kind)
    metrics.LINKS_FETCHED.labels(fetched.kind).inc()
    return fetched


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(timeout=_PATIENCE_SECONDS):
        raise FetchingBusyError
    try:
        yield
    finally:
        _places.release()


def _fetched(url: str, deadline: Deadline) -> Fetched:
    trail, at = Trail(), url
    while True:
        with opened(at, deadline, trail) as response:
            body = body_of(response)
            file_type = recognise(body.head)
            if not body.head:
                raise CannotFetchError("the answer is empty")
            page = _page(response, body, url, deadline) if file_type is FILE else None
            if page is None:
                return _document(response, body, file_type, url, deadline)
        # The connection is closed by now: what follows opens others.
        if not page.refresh:
            break
        trail.go_on()
        at = page.refresh
    document = _wrapped(page, deadline)
    if document is not None:
        return document
    if is_wall(page.title):
        return Fetched(
            WEBPAGE, "", notice=f"The site showed “{page.title}” instead of the page. Only the link was kept."
        )
    return Fetched(WEBPAGE, page.title, picture_of(page, deadline), _surprise(url))


def _document(response: Response, body: Body, file_type: FileType, asked: str, deadline: Deadline) -> Fetched:
    filename = filename_of(response, asked, file_type)
    try:
        staged, _ = stage(body.chunks(), file_type, deadline, length=response.length, filename=filename)
    except RefusedInputError as error:
        # Too large, damaged, of a type that is not wanted: still a good link.
        return Fetched(WEBPAGE, filename, notice=f"{error} Only the link was kept.")
    except CannotFetchError as error:
        if file_type is not FILE:
            raise
        # A video, or what else never ends.
        logger.info("link_not_fetched", host=_host(asked), reason=error.reason)
        return Fetched(WEBPAGE, filename, notice="The file did not arrive whole. Only the link was kept.")
    return Fetched(file_type.kind, filename, FetchedFile(staged, file_type, filename))


def _page(response: Response, body: Body, asked: str, deadline: Deadline) -> Page | None:
    try:
        content_type, parameters = parse_header_parameters(response.header("Content-Type"))
    except (ValueError, LookupError):
        content_type, parameters = "", {}
    if content_type not in _PAGE_TYPES and describe(body.head) != "an HTML page":
        return None
    charset = str(parameters.get("charset", ""))
    return read_page(body.beginning(MAX_PAGE_BYTES), charset, asked=asked, url=response.url, deadline=deadline)


def _wrapped(page: Page, deadline: Deadline) -> Fetched | None:
    """The document that a site shows inside the page, under the name of the pasted URL."""
    for url in documents_in(page):
        try:
            with opened(url, deadline) as response:
                body = body_of(response)
                file_type = recognise(body.head)
                if file_type is FILE:
                    continue
                document = _document(response, body, file_type, page.asked, deadline)
        except CannotFetchError as error:
            logger.info("wrapped_document_skipped", host=_host(url), reason=error.reason)
            continue
        if document.is_document:
            return document
    return None


def _surprise(url: str) -> str | None:
    """What to say about a page at a URL that looks like a file's."""
    if urlsplit(url).path.lower().endswith(".pdf"):
        return "A PDF was expected, but the address leads to a web page. Only the link was kept."
    return None


def _host(url: str) -> str:
    """For the log: no path and no query, which may hold secrets."""
    try:
        return (urlsplit(url).hostname or "")[:255]
    except ValueError:
        return ""
