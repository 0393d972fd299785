"""The first page of a PDF as a picture."""

from typing import IO

from cas.errors import DamagedImageError, DecodingLimitError
from cas.media.jobs import perform


class NotRenderableError(Exception):
    """The document is encrypted, damaged or hostile: its first page cannot be shown."""


class RenderLimitError(NotRenderableError):
    """It takes more time or memory than a job may; another time, or with another version, it may work."""


def first_page_jpeg(pdf: IO[bytes], size: int, output: IO[bytes]) -> None:
    """Write a JPEG of the first page that fits in a square of `size` pixels.

    Raises NotRenderableError or RenderLimitError; the reason is in the log. Raises DecodingBusyError.
    """
    try:
        answer = perform("first_page", pdf, spare=2, size=size)
    except DecodingLimitError as error:
        raise RenderLimitError from error
    except DamagedImageError as error:
        raise NotRenderableError from error
    output.write(answer.body)
