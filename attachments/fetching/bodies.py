"""From an answer's bytes to a staged file: the same staging, limits and inspection as for an upload."""

from codecs import lookup
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import Any
from urllib.parse import unquote, urlsplit

from attachments.fetching.client import Response
from attachments.fetching.deadline import Deadline
from cas.errors import DecodingBusyError, ImageRefusedError
from cas.media.filetypes import FileType
from cas.media.inspection import Inspection, inspect, too_large
from cas.storage import cas_storage
from cas.storage.staging import HEAD_BYTES, StagedFile
from core.filenames import clean_filename

# No name is longer, and some decoders take their time.
_HEADER_LENGTH = 4096
# Of a file that is named after its server, or example.com would be a program.
_NO_NAME_EXTENSION = ".bin"
NOT_IN_TIME = "The picture could not be opened in time."


@dataclass(frozen=True)
class FetchedFile:
    """Inspected bytes in staging. Whoever has it closes `staged`."""

    staged: StagedFile
    file_type: FileType
    filename: str


@dataclass
class Body:
    """A body whose beginning was looked at."""

    head: bytes
    _rest: Iterator[bytes]

    def chunks(self) -> Iterator[bytes]:
        """All of it, the head included. Once only."""
        yield self.head
        yield from self._rest

    def beginning(self, max_bytes: int) -> bytes:
        """At most so many bytes of it; the rest is not read."""
        data = bytearray()
        for chunk in self.chunks():
            data += chunk
            if len(data) >= max_bytes:
                break
        return bytes(data[:max_bytes])


def body_of(response: Response) -> Body:
    """Read as much as tells the type. Raises CannotFetchError."""
    head = b""
    chunks = response.chunks()
    for chunk in chunks:
        head += chunk
        if len(head) >= HEAD_BYTES:
            break
    return Body(head, chunks)


def stage(
    chunks: Iterable[bytes], file_type: FileType, deadline: Deadline, *, length: int = 0, filename: str = ""
) -> tuple[StagedFile, Inspection]:
    """The bytes in a temporary file of the store, and what they are.

    `length` is what the server says, for the sentence; `filename` may be of a type that is not wanted. Raises
    CannotFetchError as the chunks do, and when the time is up; what `inspect` raises for a file that would be
    refused as an upload, ImageRefusedError too when there was no time to open it; StorageUnavailableError. Nothing
    is left on the disk then.
    """
    staged = cas_storage().stage()
    try:
        for chunk in chunks:
            staged.write(chunk)
            _refuse_too_large(staged, file_type, length)
        staged.seal()
        inspection = inspect(staged, filename=filename, seconds=deadline.left())
    except DecodingBusyError as error:
        staged.close()
        raise ImageRefusedError(NOT_IN_TIME) from error
    except BaseException:
        staged.close()
        raise
    return staged, inspection


def _refuse_too_large(staged: StagedFile, file_type: FileType, length: int) -> None:
    if staged.size > file_type.max_bytes:
        raise too_large(f"This {file_type.label}", max(staged.size, length), file_type.max_bytes)


def filename_of(response: Response, asked: str, file_type: FileType) -> str:
    """The server's name for the file, or else the last part of an address, with an extension that fits."""
    candidates = [_offered(response), *(unquote(urlsplit(url).path).rstrip("/") for url in (asked, response.url))]
    names = [name for candidate in candidates if (name := clean_filename(candidate, default=""))]
    if not names:
        host = urlsplit(response.url).hostname or "file"
        names = [host if file_type.extensions[0] else host + _NO_NAME_EXTENSION]
    fitting = (name for name in names if file_type.named(name) == name)
    return next(fitting, file_type.named(names[0]))


def _offered(response: Response) -> str:
    """The name in the header, decoded as browsers do."""
    message = Message()
    message["Content-Disposition"] = response.header("Content-Disposition")[:_HEADER_LENGTH]
    try:
        parameters: list[tuple[str, Any]] = message.get_params([], "Content-Disposition")
        values = [value for name, value in parameters if name.lower() == "filename"]
        # `filename*` (RFC 8187) says its charset, counts for more, and is not decoded twice.
        extended = next((value for value in values if isinstance(value, tuple)), None)
        if extended is not None:
            lookup(extended[0] or "ascii")
            return collapse_rfc2231_value(extended)
        return _decoded(values[0]) if values else ""
    except (ValueError, LookupError):
        return ""


def _decoded(name: str) -> str:
    """A plain name in which servers hide other letters: RFC 2047 words, percent signs."""
    try:
        if "=?" in name:
            return str(make_header(decode_header(name)))
        return unquote(name, errors="strict")
    except (ValueError, LookupError, HeaderParseError):
        return name
