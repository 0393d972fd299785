"""Cookies of one look: sent back to the host that set them, as long as the look lasts, and kept nowhere."""

from email.message import Message
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, cast
from urllib.request import Request

from attachments.fetching.urls import Target

# No server takes more; the answers of a stranger would add up otherwise.
_MAX_LENGTH = 8000


class Cookies:
    """A jar for each host: what one sets for a whole domain does not go to its neighbours."""

    def __init__(self) -> None:
        self._jars: dict[str, CookieJar] = {}

    def keep(self, target: Target, values: list[str]) -> None:
        """Take what the target has set."""
        if not values:
            return
        message = Message()
        for value in values:
            message.add_header("Set-Cookie", value)
        jar = self._jars.setdefault(target.host, CookieJar(DefaultCookiePolicy()))
        jar.extract_cookies(cast("Any", _Answer(message)), _request(target))

    def header(self, target: Target) -> dict[str, str]:
        """The header for a request to the target; empty without cookies."""
        if target.host not in self._jars:
            return {}
        request = _request(target)
        self._jars[target.host].add_cookie_header(request)
        value = request.get_header("Cookie") or ""
        return {"Cookie": value} if 0 < len(value) <= _MAX_LENGTH else {}


class _Answer:
    """An answer as the jar asks for it."""

    def __init__(self, message: Message) -> None:
        self._message = message

    def info(self) -> Message:
        """The headers."""
        return self._message


def _request(target: Target) -> Request:
    # The scheme is http or https: `parse` refuses others, and nothing is opened here.
    return Request(target.url)  # noqa: S310
