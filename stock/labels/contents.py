"""What is written on labels."""

from collections.abc import Iterable
from dataclasses import dataclass

from parts.models import Part
from stock.models import Box, Location, Stock
from stock.services.totals import places


@dataclass(frozen=True)
class Label:
    """A word to see from afar, some text, and the path that the code leads to."""

    title: str
    text: str
    path: str


def of_parts(parts: Iterable[Part]) -> list[Label]:
    """One for each part: its key, what it is, and where it lies."""
    rows = list(parts)
    lie = places([part.pk for part in rows])
    return [
        Label(
            part.key,
            "\n".join(filter(None, [part.manufacturer_code, _first_line(part), _places(lie[part.pk])])),
            f"/q/part/{part.key}",
        )
        for part in rows
    ]


def of_boxes(boxes: Iterable[Box]) -> list[Label]:
    """One for each box: its number and description."""
    return [Label(str(box.number), box.description, f"/q/box/{box.number}") for box in boxes]


def of_places(locations: Iterable[Location]) -> list[Label]:
    """One for each place (with its box): its number, and what lies there."""
    rows = list(locations)
    text: dict[int, list[str]] = {}
    for stock in Stock.objects.filter(location__in=rows).select_related("part").order_by("part__key"):
        part = stock.part
        text.setdefault(stock.location_id, []).append(f"{part.key} {part.manufacturer_code or _first_line(part)}")
    return [Label(str(row), "\n".join(text.get(row.pk, [])), f"/q/place/{row}") for row in rows]


def _first_line(part: Part) -> str:
    return part.description.strip().split("\n", 1)[0]


def _places(found: Iterable[object]) -> str:
    names = [getattr(place, "name", "") for place in found]
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
