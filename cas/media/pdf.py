"""The first page of a PDF as a picture, made by a child process."""

import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import structlog

from cas.media import pdf_renderer
from cas.media.images import decoding

logger = structlog.get_logger(__name__)

_SECONDS = 20


class NotRenderableError(Exception):
    """The document is encrypted, damaged or hostile: its first page cannot be shown."""


class RenderTimeoutError(NotRenderableError):
    """It took too long; another time, with less to do, it may work."""


def first_page_jpeg(pdf: Path, size: int, output: BinaryIO) -> None:
    """Write a JPEG of the first page that fits in a square of `size` pixels.

    Raises NotRenderableError or RenderTimeoutError; the reason is in the log.
    """
    # -I: neither the environment nor the current folder decides what the child imports.
    command = [sys.executable, "-I", pdf_renderer.__file__, str(pdf), str(size)]
    with decoding:
        try:
            done = subprocess.run(  # noqa: S603  (our own program; the path is ours, the size a number)
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False, env={}
            )
        except subprocess.TimeoutExpired as error:
            logger.warning("pdf_not_rendered", reason="timeout")
            raise RenderTimeoutError from error
    if done.returncode != 0 or not done.stdout.startswith(b"\xff\xd8"):
        reason = done.stderr.decode(errors="replace").strip().rsplit("\n", 1)[-1]
        logger.warning("pdf_not_rendered", exit_code=done.returncode, reason=reason[:200])
        raise NotRenderableError
    output.write(done.stdout)
