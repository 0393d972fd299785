"""The first page of a PDF as a JPEG, with what was filled into its form."""

import ctypes
import mmap
from typing import Any, BinaryIO

import pypdfium2
from pypdfium2 import raw

from cas.media.sandbox.errors import DamagedError

_MAX_ANNOTATIONS = 10_000


def save_first_page(file: BinaryIO, size: int, output: BinaryIO) -> None:
    """Write a JPEG of the first page that fits in a square of `size` pixels.

    Raises DamagedError when the document is encrypted or damaged.
    """
    try:
        # Mapped: only what the page needs is read.
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        with pypdfium2.PdfDocument((ctypes.c_ubyte * len(data)).from_buffer(data)) as document:
            # Before any page: what is filled in is drawn by the form's own code.
            has_form = document.init_forms()
            page = _visible(document)
            if not has_form and _has_fields(page):
                # Fields of no form are drawn by nobody, unless they become a part of the page.
                raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
                page.close()
                page = document[0]
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


def _has_fields(page: Any) -> bool:
    for number in range(min(raw.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        raw.FPDFPage_CloseAnnot(annotation)
        if kind == raw.FPDF_ANNOT_WIDGET:
            return True
    return False
