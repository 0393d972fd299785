"""GET, redirect after redirect, each one checked as if it had been typed."""

import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from typing import NoReturn

from django.conf import settings
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from attachments.fetching.connections import Allowance, connection_to
from attachments.fetching.deadline import Deadline
from attachments.fetching.errors import CannotFetchError
from attachments.fetching.resolver import checked_ips
from attachments.fetching.urls import join, parse
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
            yield from _decoded(self._raw(), self.header("Content-Encoding").strip().lower())
        except _FAULTS as error:
            _give_up(error, self._deadline)

    def _raw(self) -> Iterator[bytes]:
        while chunk := self._reply.read(_CHUNK_BYTES, decode_content=False):
            yield chunk


_FAULTS = (OSError, HTTPException, HTTPError, ValueError, EOFError, zlib.error)


@contextmanager
def opened(url: str, deadline: Deadline) -> Iterator[Response]:
    """The answer to a GET of the URL, its body not read yet.

    Raises CannotFetchError, with the reason for the log, for whatever is not a success from a URL that may be
    asked.
    """
    for _ in range(_MAX_REDIRECTS + 1):
        target = parse(url)
        ips = checked_ips(target, deadline)
        allowance = Allowance(deadline, max(settings.MAX_IMAGE_BYTES, settings.MAX_PDF_BYTES) + _ENVELOPE_BYTES)
        with closing(connection_to(target, ips, allowance)) as connection:
            try:
                connection.request("GET", target.path, headers=_HEADERS, preload_content=False, decode_content=False)
                reply = connection.getresponse()
            except _FAULTS as error:
                _give_up(error, deadline)
            with closing(reply):
                response = Response(target.url, reply, deadline)
                if reply.status in _REDIRECTS and response.header("Location"):
                    url = join(target.url, response.header("Location"))
                    continue
                if not 200 <= reply.status < 300:
                    raise CannotFetchError(f"the answer is {reply.status}")
                yield response
                return
    raise CannotFetchError("too many redirects")


def _decoded(raw: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    if encoding in {"", "identity"}:
        yield from raw
        return
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise ValueError(f"unknown Content-Encoding {encoding[:50]!r}")
    # Not urllib3's decoders: they let a stream go that is cut short. 47: the header says whether it is gzip or zlib.
    decoder = zlib.decompressobj(wbits=47)
    for data in raw:
        pending, piece = data, b""
        while pending or len(piece) == _CHUNK_BYTES:
            piece = decoder.decompress(pending, _CHUNK_BYTES)
            if piece:
                yield piece
            if decoder.eof:
                return
            pending = decoder.unconsumed_tail
    raise EOFError("the compressed body is cut short")


def _give_up(error: Exception, deadline: Deadline) -> NoReturn:
    if deadline.is_over:
        raise CannotFetchError("the time is up") from error
    raise CannotFetchError(f"{type(error).__name__}: {error}"[:200]) from error
