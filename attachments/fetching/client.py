"""GET, redirect after redirect, each one checked as if it had been typed."""

import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import reduce
from http.client import HTTPException
from typing import NoReturn

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from attachments.fetching.connections import Allowance, connection_to
from attachments.fetching.cookies import Cookies
from attachments.fetching.deadline import Deadline
from attachments.fetching.errors import CannotFetchError
from attachments.fetching.refreshes import refresh_url
from attachments.fetching.resolver import checked_ips
from attachments.fetching.urls import join, parse
from cas.media.filetypes import largest_file
from core.numbers import whole_number

_MAX_REDIRECTS = 4
_REDIRECTS = {301, 302, 303, 307, 308}
_CHUNK_BYTES = 64 * 1024
# Beside the largest file: headers, and the framing of chunks.
_ENVELOPE_BYTES = 1_000_000
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; Inventory/1.0; fetches links that people paste)",
    "Accept": "text/html,application/xhtml+xml,application/pdf,image/*;q=0.9,*/*;q=0.5",
    "Accept-Language": "en",
    "Accept-Encoding": "gzip",
    "Connection": "close",
}
_DECODERS = {"gzip", "x-gzip", "deflate"}
# Codings of IANA's registry that cannot be undone here. What is none at all (UTF-8, none, binary) says nothing.
_FOREIGN = {"br", "zstd", "compress", "x-compress", "dcb", "dcz", "aes128gcm", "exi", "pack200-gzip"}
_MAX_CODINGS = 3


@dataclass
class Trail:
    """What one look remembers from one request to the next: how many redirects are left, and cookies."""

    left: int = _MAX_REDIRECTS
    cookies: Cookies = field(default_factory=Cookies)

    def go_on(self) -> None:
        """Count a redirect. Raises CannotFetchError when there were too many."""
        if not self.left:
            raise CannotFetchError("too many redirects")
        self.left -= 1


@dataclass(frozen=True)
class Response:
    """A successful answer. `url` is where it came from after all redirects."""

    url: str
    _reply: BaseHTTPResponse
    _deadline: Deadline

    def header(self, name: str) -> str:
        """A header, or nothing. Servers write UTF-8 where the standard knows Latin-1 only."""
        value = self._reply.headers.get(name, "")
        try:
            return value.encode("latin-1").decode("utf-8")
        except UnicodeError:
            return value

    @property
    def length(self) -> int:
        """The size in bytes by the server's own account; zero if it does not say."""
        return whole_number(self.header("Content-Length")) or 0

    def chunks(self) -> Iterator[bytes]:
        """The body, decoded, in pieces of at most 64 KiB. Raises CannotFetchError when it breaks or takes too long."""
        try:
            yield from reduce(self._decoded, reversed(_codings(self.header("Content-Encoding"))), self._raw())
        except _FAULTS as error:
            _give_up(error, self._deadline)

    def _raw(self) -> Iterator[bytes]:
        while chunk := self._reply.read(_CHUNK_BYTES, decode_content=False):
            yield chunk

    def _decoded(self, raw: Iterator[bytes], coding: str) -> Iterator[bytes]:
        # urllib3's decoders let a stream go that is cut short. 47: its header says whether it is gzip or zlib.
        decoder = zlib.decompressobj(wbits=47)
        for data in raw:
            pending, piece = data, b""
            while pending or len(piece) == _CHUNK_BYTES:
                # Much may be unpacked that comes to nothing.
                self._deadline.left()
                piece = decoder.decompress(pending, _CHUNK_BYTES)
                if piece:
                    yield piece
                if decoder.eof:
                    return
                pending = decoder.unconsumed_tail
        raise EOFError("the compressed body is cut short")


_FAULTS = (OSError, HTTPException, HTTPError, ValueError, EOFError, zlib.error)


@contextmanager
def opened(url: str, deadline: Deadline, trail: Trail | None = None) -> Iterator[Response]:
    """The answer to a GET of the URL, its body not read yet.

    Raises CannotFetchError, with the reason for the log, for whatever is not a success from a URL that may be
    asked.
    """
    trail = trail or Trail()
    while True:
        target = parse(url)
        ips = checked_ips(target, deadline)
        allowance = Allowance(deadline, largest_file() + _ENVELOPE_BYTES)
        headers = _HEADERS | trail.cookies.header(target)
        with closing(connection_to(target, ips, allowance)) as connection:
            try:
                connection.request("GET", target.path, headers=headers, preload_content=False, decode_content=False)
                reply = connection.getresponse()
            except _FAULTS as error:
                _give_up(error, deadline)
            with closing(reply):
                trail.cookies.keep(target, reply.headers.getlist("Set-Cookie"))
                response = Response(target.url, reply, deadline)
                url = _next(response, reply.status)
                if not url:
                    if not 200 <= reply.status < 300:
                        raise CannotFetchError(f"the answer is {reply.status}")
                    yield response
                    return
        trail.go_on()


def _next(response: Response, status: int) -> str:
    """Where the answer sends a browser, or nothing."""
    location = response.header("Location")
    if status in _REDIRECTS and location:
        return join(response.url, location)
    return refresh_url(response.header("Refresh"), response.url) if 200 <= status < 300 else ""


def _codings(header: str) -> list[str]:
    """The codings that are undone here, in the order in which they were applied. Raises ValueError for others."""
    named = [name.strip().lower() for name in header.split(",")]
    for name in named:
        if name in _FOREIGN:
            raise ValueError(f"the Content-Encoding {name}")
    codings = [name for name in named if name in _DECODERS]
    if len(codings) > _MAX_CODINGS:
        raise ValueError("too many Content-Encodings")
    return codings


def _give_up(error: Exception, deadline: Deadline) -> NoReturn:
    if deadline.is_over:
        raise CannotFetchError("the time is up") from error
    raise CannotFetchError(f"{type(error).__name__}: {error}"[:200]) from error
