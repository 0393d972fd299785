"""The first page of a PDF as a JPEG, with what was filled into its form."""

from typing import Any, BinaryIO

import pypdfium2

from cas.media.sandbox.errors import DamagedError


def save_first_page(path: str, size: int, output: BinaryIO) -> None:
    """Write a JPEG of the first page that fits in a square of `size` pixels.

    Raises DamagedError when the document is encrypted or damaged.
    """
    try:
        with pypdfium2.PdfDocument(path) as document:
            # Before any page: what is filled in is drawn by the form's own code.
            document.init_forms()
            page = _visible(document)
            width, height = page.get_size()
            # White under the page, or transparent documents come out black.
            bitmap = page.render(scale=size / max(width, height, 1), fill_color=(255, 255, 255, 255))
            picture = bitmap.to_pil()
    except (pypdfium2.PdfiumError, IndexError, ValueError, OSError) as error:
        raise DamagedError(f"{type(error).__name__}: {error}") from error
    picture.thumbnail((size, size))
    picture.convert("RGB").save(output, "JPEG", quality=85, optimize=True)


def _visible(document: Any) -> Any:
    """The first page; the whole of it where its crop box lies beside it (as other viewers do)."""
    page = document[0]
    if min(page.get_size()) > 0:
        return page
    page.set_cropbox(*page.get_mediabox())
    page.close()
    return document[0]
