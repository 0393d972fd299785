"""Thumbnails beside what Chromium makes of the same files: one page with all pictures, and one look at it."""

import base64
from dataclasses import dataclass
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser

from cas.media.sandbox import judge, thumbnails
from tests.cas.media.samples import Sample, matrix

pytestmark = pytest.mark.once

_CELL = 110
_COLUMNS = 16
# What JPEG makes of flat colours, and rounding on the way through a profile.
_TOLERANCE = 8
# Decoders differ: in how they go between the two points of a coarse table, and in the colours of an AVIF whose track
# does not name its matrix.
_TOLERANCES = {"JPEG CMYK, profile CMYK": 16, "AVIF animated": 20}
SAMPLES = list(matrix())


@dataclass
class Shown:
    """How the browser shows a picture; `size` is 0 × 0 for one that it does not show."""

    size: tuple[int, int]
    picture: Image.Image


@pytest.fixture(scope="module")
def shown(chromium: Browser) -> dict[str, Shown]:
    """What Chromium shows of each sample."""
    rows = -(-len(SAMPLES) // _COLUMNS)
    page = chromium.new_page(viewport={"width": _COLUMNS * _CELL, "height": rows * _CELL})
    page.set_content('<body style="background: white">' + "".join(map(_tag, range(len(SAMPLES)), SAMPLES)))
    page.evaluate("Promise.allSettled([...document.images].map(image => image.decode()))")
    sizes = page.evaluate("[...document.images].map(image => [image.naturalWidth, image.naturalHeight])")
    screen = Image.open(BytesIO(page.screenshot())).convert("RGB")
    page.close()
    places = {sample.name: _place(number) for number, sample in enumerate(SAMPLES)}
    return {
        name: Shown((width, height), screen.crop((x, y, x + width, y + height)))
        for (name, (x, y)), (width, height) in zip(places.items(), sizes, strict=True)
    }


def _place(number: int) -> tuple[int, int]:
    return number % _COLUMNS * _CELL, number // _COLUMNS * _CELL


def _tag(number: int, sample: Sample) -> str:
    x, y = _place(number)
    source = f"data:image/{sample.kind.lower()};base64,{base64.b64encode(sample.data).decode()}"
    return f'<img style="position: absolute; left: {x}px; top: {y}px" src="{source}">'


def thumbnail(sample: Sample) -> Image.Image:
    """As the server makes it."""
    output = BytesIO()
    picture = judge.decode(sample.data, sample.kind, 64_000_000, at_least=300)
    thumbnails.save_thumbnail(picture, 150, output)
    return Image.open(output).convert("RGB")


def colours(picture: Image.Image) -> list[tuple[int, ...]]:
    """Those in the middle of the four fields."""
    found = []
    for x in (0.25, 0.75):
        for y in (0.25, 0.75):
            pixel = picture.getpixel((int(picture.width * x), int(picture.height * y)))
            assert isinstance(pixel, tuple)
            found.append(pixel)
    return found


def test_thumbnails_look_as_the_originals_in_a_browser(shown: dict[str, Shown]) -> None:
    differences = []
    for sample in SAMPLES:
        ours, theirs = thumbnail(sample), shown[sample.name]
        if theirs.size == (0, 0):
            # Chromium shows no AVIF whose profile it cannot read; here a profile never costs the picture.
            assert sample.name.startswith("AVIF profile"), sample.name
            continue
        if ours.size != theirs.size:
            differences.append(f"{sample.name}: {ours.size}, but {theirs.size} in the browser")
            continue
        pairs = list(zip(colours(ours), colours(theirs.picture), strict=True))
        distance = max(abs(a - b) for pair in pairs for a, b in zip(*pair, strict=True))
        if distance > _TOLERANCES.get(sample.name, _TOLERANCE):
            differences.append(f"{sample.name}: {pairs}")
    assert differences == []
    assert len(shown) == len(SAMPLES) > 250
