"""First pages beside those that poppler makes: boxes, rotations, filled forms."""

import os
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from cas.media.sandbox.documents import save_first_page
from tests.plugins.files import pdf_of

pytestmark = pytest.mark.once

if shutil.which("pdftoppm") is None and "CI" not in os.environ:
    pytest.skip("there is no pdftoppm (Debian's package poppler-utils)", allow_module_level=True)

SIZE = 200
# Red below on the left, blue above on the right, green above on the left.
_DRAWING = b"1 0 0 rg 20 20 100 60 re f 0 0 1 rg 200 300 60 80 re f 0 0.6 0 rg 20 330 40 40 re f"
_STAMP = b"<</Type/XObject/Subtype/Form/BBox[0 0 200 40]/Length 30>>stream\n0 0 0 rg 0 0 200 40 re f      \nendstream"
_FIELD = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(ACME)/Rect[50 100 250 140]/AP<</N 6 0 R>>"
_FORM = b"/AcroForm<</Fields[5 0 R]>>"


def document(
    page: bytes = b"",
    *extra: bytes,
    media: bytes = b"/MediaBox[0 0 300 400]",
    pages: bytes = b"",
    catalog: bytes = b"",
) -> bytes:
    """A document of one page; `extra` objects are numbered from 5."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog,
        b"<</Type/Pages/Kids[3 0 R]/Count 1%s>>" % pages,
        b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<<>>%s%s>>" % (media, page),
        b"<</Length %d>>stream\n%s\nendstream" % (len(_DRAWING), _DRAWING),
        *extra,
    ]
    return pdf_of(objects)


ROTATIONS = (0, 90, 180, 270, 360, -90, 450, 45)
CROPS = {
    "inside": b"50 100 250 300",
    "larger": b"-50 -50 400 500",
    "partly beside": b"150 200 400 500",
    "inverted": b"250 300 50 100",
    "empty": b"0 0 0 0",
    "three numbers": b"0 0 100",
    "names": b"/A /B /C /D",
}
MEDIA = {
    "shifted": b"/MediaBox[-100 -100 200 300]",
    "inverted": b"/MediaBox[300 400 0 0]",
    "with fractions": b"/MediaBox[0.5 0.5 300.25 400.75]",
    "empty": b"/MediaBox[0 0 0 0]",
    "missing": b"",
    "huge": b"/MediaBox[0 0 20000 30000]",
    "tiny": b"/MediaBox[0 0 3 4]",
}
DOCUMENTS = {
    **{f"rotated by {angle}": document(b"/Rotate %d" % angle) for angle in ROTATIONS},
    **{
        f"crop box {name}, rotated by {angle}": document(b"/CropBox[%s]/Rotate %d" % (box, angle))
        for name, box in CROPS.items()
        for angle in (0, 90, 270)
    },
    **{f"media box {name}": document(media=box) for name, box in MEDIA.items()},
    "a shifted page with a crop box": document(b"/CropBox[-50 -50 150 200]", media=MEDIA["shifted"]),
    "inherited": document(media=b"", pages=b"/MediaBox[0 0 300 400]/CropBox[50 50 200 350]/Rotate 90"),
    "an indirect box": document(b"/CropBox 5 0 R", b"[50 100 250 300]"),
    "units": document(b"/UserUnit 3"),
    "other boxes": document(b"/TrimBox[50 50 100 100]/ArtBox[60 60 70 70]/BleedBox[20 20 90 90]"),
    "a filled field": document(b"/Annots[5 0 R]", _FIELD + b"/F 4>>", _STAMP, catalog=_FORM),
    "a filled field on a turned page": document(
        b"/Annots[5 0 R]/Rotate 90/CropBox[20 50 300 300]", _FIELD + b"/F 4>>", _STAMP, catalog=_FORM
    ),
    "a hidden field": document(b"/Annots[5 0 R]", _FIELD + b"/F 2>>", _STAMP, catalog=_FORM),
    "a field of no form": document(b"/Annots[5 0 R]", _FIELD + b"/F 4>>", _STAMP),
}
# Poppler shows nothing of these, or a line: other viewers show the page.
BESIDE = {
    "left of": b"-600 0 0 400",
    "right of": b"300 0 500 400",
    "far from": b"1000 1000 1200 1300",
    "a line in": b"10 10 200 10",
}


def ours(data: bytes, folder: Path) -> Image.Image:
    path, output = folder / "document.pdf", BytesIO()
    path.write_bytes(data)
    with path.open("rb") as file:
        save_first_page(file, SIZE, output)
    return Image.open(output).convert("RGB")


def popplers(folder: Path) -> Image.Image:
    command = [
        "pdftoppm",
        "-cropbox",
        "-scale-to",
        str(SIZE),
        "-png",
        "-f",
        "1",
        "-l",
        "1",
        str(folder / "document.pdf"),
    ]
    return Image.open(BytesIO(subprocess.run(command, capture_output=True, check=True).stdout)).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> int:
    """The largest, of squares that are averaged, so that edges do not count."""
    small = [image.resize((20, 20), Image.Resampling.BOX) for image in (one, other)]
    return max(ImageChops.difference(*small).convert("L").tobytes())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_first_pages_look_as_those_of_poppler(name: str, tmp_path: Path) -> None:
    mine, theirs = ours(DOCUMENTS[name], tmp_path), popplers(tmp_path)
    assert mine.size == pytest.approx(theirs.size, abs=2)
    assert difference(mine, theirs.resize(mine.size)) < 48


@pytest.mark.parametrize("angle", [0, 90])
@pytest.mark.parametrize("name", BESIDE)
def test_a_crop_box_beside_the_page_leaves_the_page(name: str, angle: int, tmp_path: Path) -> None:
    whole = ours(document(b"/Rotate %d" % angle), tmp_path)
    cropped = ours(document(b"/CropBox[%s]/Rotate %d" % (BESIDE[name], angle)), tmp_path)
    assert cropped.size == whole.size
    assert difference(cropped, whole) < 8
