"""A program of its own: the first page of a PDF as a JPEG, under limits that a hostile document cannot leave.

    python pdf_renderer.py PDF SIZE > JPEG

PDFium is not thread-safe and may crash; here it takes only this process with it. Exit code 0: rendered; anything else:
not. Imported by nobody.
"""

import resource
import sys

_MEGABYTE = 1024 * 1024
_MEMORY = 1024 * _MEGABYTE
_CPU_SECONDS = 10
_LARGEST_OUTPUT = 8 * _MEGABYTE
_OPEN_FILES = 32


def main(path: str, size: int) -> None:
    """Render into standard output. The page fits in a square of `size` pixels."""
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_OUTPUT, _LARGEST_OUTPUT))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        page = document[0]
        width, height = page.get_size()
        # White under the page, or transparent documents come out black.
        picture = page.render(scale=size / max(width, height, 1), fill_color=(255, 255, 255, 255)).to_pil()
    picture.thumbnail((size, size))
    picture.convert("RGB").save(sys.stdout.buffer, "JPEG", quality=85, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
