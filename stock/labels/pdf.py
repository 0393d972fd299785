"""The labels as a PDF, with QR codes drawn as shapes: sharp on any printer."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import segno

from stock.labels.contents import Label
from stock.labels.formats import LabelFormat

if TYPE_CHECKING:
    from fpdf import FPDF

_FONT = Path(__file__).with_name("DejaVuSans.ttf")
_PADDING_MM = 2.0
# White around a code, in modules: scanners need four, and the edge of the label gives the rest.
_QUIET = 2
_MM_PER_POINT = 25.4 / 72


def render(labels: Sequence[Label], form: LabelFormat, base_url: str, *, skip: int = 0) -> bytes:
    """A PDF of the labels, whose codes lead to `base_url` and the path of the label.

    So many labels of the first page as `skip` says are left out.
    """
    # With its fonts and signatures it takes a third of the time in which a command starts.
    from fpdf import FPDF

    pdf = FPDF(unit="mm", format=form.page)
    pdf.set_auto_page_break(auto=False)
    pdf.set_margin(0)
    pdf.add_font("label", fname=_FONT)
    pdf.set_creator("Inventory")
    pdf.set_title("Labels")
    for number, label in enumerate(labels, skip % form.per_page):
        if number % form.per_page == 0 or pdf.page == 0:
            pdf.add_page()
        left, top = form.place_of(number % form.per_page)
        _draw(pdf, label, base_url.rstrip("/") + label.path, left, top, form.label)
    return bytes(pdf.output())


def _draw(pdf: "FPDF", label: Label, url: str, left: float, top: float, size: tuple[float, float]) -> None:
    width, height = size
    code = min(height - 2 * _PADDING_MM, width * 0.42)
    _draw_code(pdf, url, left + _PADDING_MM, top + (height - code) / 2, code)
    start = left + _PADDING_MM + code + 1.5
    room = left + width - _PADDING_MM - start
    title = _title_points(pdf, label.title, room, height)
    y = top + _PADDING_MM
    pdf.set_font("label", size=title)
    pdf.text(start, y + title * _MM_PER_POINT * 0.8, label.title)
    y += title * _MM_PER_POINT * 1.15
    points = 7.0 if height < 30 else 8.0
    line = points * _MM_PER_POINT * 1.2
    pdf.set_font("label", size=points)
    for text in _lines(pdf, label.text, room, int((top + height - _PADDING_MM - y) / line)):
        pdf.text(start, y + line * 0.75, text)
        y += line


def _title_points(pdf: "FPDF", title: str, room: float, height: float) -> float:
    """The size at which the title fits, in points."""
    points = min(height * 0.34 / _MM_PER_POINT, 40.0)
    pdf.set_font("label", size=points)
    return min(points, points * room / max(pdf.get_string_width(title), 0.1))


def _lines(pdf: "FPDF", text: str, room: float, most: int) -> list[str]:
    """The text in lines that fit; what does not fit any more is cut off with an ellipsis."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if pdf.get_string_width(longer) <= room:
                line = longer
                continue
            if line:
                lines.append(line)
            line = word
        lines.append(line)
    lines = [line if pdf.get_string_width(line) <= room else _cut(pdf, line, room) for line in lines if line]
    if len(lines) > most:
        return [*lines[: most - 1], _cut(pdf, f"{lines[most - 1]} ", room)] if most > 0 else []
    return lines


def _cut(pdf: "FPDF", line: str, room: float) -> str:
    while line and pdf.get_string_width(f"{line}…") > room:
        line = line[:-1]
    return f"{line.rstrip()}…"


def _draw_code(pdf: "FPDF", url: str, left: float, top: float, size: float) -> None:
    rows = [list(row) for row in segno.make_qr(url, error="m").matrix]
    module = size / (len(rows) + 2 * _QUIET)
    pdf.set_fill_color(0, 0, 0)
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            run = 0
            while x + run < len(row) and row[x + run]:
                run += 1
            if run:
                where = (left + (x + _QUIET) * module, top + (y + _QUIET) * module)
                # A hair taller than a module, or viewers show white lines between the rows.
                pdf.rect(*where, run * module, module * 1.02, style="F")
            x += run or 1
