"""Single labels of printers, and the common sheets. All sizes are in millimetres."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LabelFormat:
    """A page with labels on it; a single label is a page with one."""

    title: str
    page: tuple[float, float]
    columns: int
    rows: int
    label: tuple[float, float]
    # From the left and from the top of the page to the first label.
    margin: tuple[float, float] = (0, 0)
    # From the beginning of a label to that of the next one.
    pitch: tuple[float, float] = (0, 0)

    @property
    def per_page(self) -> int:
        """How many labels are on a page."""
        return self.columns * self.rows

    def place_of(self, number: int) -> tuple[float, float]:
        """Left and top of a label on its page; they are counted from 0, row by row."""
        row, column = divmod(number, self.columns)
        return self.margin[0] + column * self.pitch[0], self.margin[1] + row * self.pitch[1]


_A4 = (210, 297)
_LETTER = (215.9, 279.4)


def _single(width: float, height: float) -> LabelFormat:
    return LabelFormat(f"Single label {width:g} × {height:g} mm", (width, height), 1, 1, (width, height))


FORMATS: dict[str, LabelFormat] = {
    "62x29": _single(62, 29),
    "54x25": _single(54, 25),
    "57x32": _single(57, 32),
    "40x20": _single(40, 20),
    "l7160": LabelFormat("A4, 21 labels 63.5 × 38.1 mm (L7160)", _A4, 3, 7, (63.5, 38.1), (7.25, 15.15), (66.0, 38.1)),
    "l7159": LabelFormat("A4, 24 labels 63.5 × 33.9 mm (L7159)", _A4, 3, 8, (63.5, 33.9), (7.25, 12.9), (66.0, 33.9)),
    "l7651": LabelFormat("A4, 65 labels 38.1 × 21.2 mm (L7651)", _A4, 5, 13, (38.1, 21.2), (4.65, 10.7), (40.65, 21.2)),
    "5160": LabelFormat(
        "Letter, 30 labels 66.7 × 25.4 mm (5160)", _LETTER, 3, 10, (66.675, 25.4), (4.76, 12.7), (69.85, 25.4)
    ),
}
