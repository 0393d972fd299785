"""`Refresh`, a header or a `<meta>` of a page: where a browser would go on by itself."""

import re
from urllib.parse import urldefrag, urlsplit

from attachments.fetching.errors import CannotFetchError
from attachments.fetching.urls import join

# Whoever waits longer does not send people on, but logs them out or shows the news again.
_MAX_SECONDS = 10
# As the HTML standard reads it ("shared declarative refresh steps").
_REFRESH = re.compile(
    r"""\s*(?P<seconds>[0-9]{1,9})[0-9.]*(?:\s*[;,]|\s)\s*(?:url\s*=\s*)?(?P<quote>["']?)(?P<url>.*)""",
    re.IGNORECASE | re.DOTALL,
)
_MAX_LENGTH = 4000


def refresh_url(content: str, base: str, current: str = "") -> str:
    """The URL that the content of a `Refresh` leads to soon, or nothing: none, the same page, or none of the web."""
    found = _REFRESH.match(content[:_MAX_LENGTH])
    if found is None or int(found["seconds"]) > _MAX_SECONDS:
        return ""
    reference = found["url"].partition(found["quote"])[0] if found["quote"] else found["url"]
    if not reference.strip():
        return ""
    try:
        url = join(base, reference)
        scheme = urlsplit(url).scheme
    except (CannotFetchError, ValueError):
        return ""
    is_same = urldefrag(url)[0] == urldefrag(current or base)[0]
    return url if scheme in {"http", "https"} and not is_same else ""
