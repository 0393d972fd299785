"""A box as a cabinet of drawers: its places, and what lies in each, in two queries."""

from dataclasses import dataclass, field

from attachments.content_urls import cover_url
from stock.models import Box, Location, Stock

# So many parts of one place are shown in the cabinet.
SHOWN = 2


@dataclass
class Content:
    """A part in a place."""

    part_id: int
    key: str
    text: str
    quantity: int
    picture: str | None


@dataclass
class Drawer:
    """A place with what lies in it."""

    number: int
    contents: list[Content] = field(default_factory=list)

    @property
    def shown(self) -> list[Content]:
        """The first of them."""
        return self.contents[:SHOWN]

    @property
    def others(self) -> int:
        """How many more there are."""
        return max(0, len(self.contents) - SHOWN)

    @property
    def picture(self) -> str | None:
        """The first there is."""
        return next((content.picture for content in self.contents if content.picture), None)


def drawers(box: Box) -> list[Drawer]:
    """All places of the box, by number."""
    numbers = Location.objects.filter(box=box).order_by("number").values_list("number", flat=True)
    found = {number: Drawer(number) for number in numbers}
    for stock in contents_of(box):
        if stock.location.number in found:
            found[stock.location.number].contents.append(content(stock))
    return list(found.values())


def contents_of(box: Box, loc_no: int | None = None) -> list[Stock]:
    """What lies in the box, or in one place of it, by the key of the part."""
    rows = Stock.objects.filter(location__box=box).select_related("location")
    if loc_no is not None:
        rows = rows.filter(location__number=loc_no)
    return list(rows.select_related("part__attachment_set__cover_attachment").order_by("part__key"))


def content(stock: Stock) -> Content:
    """One row, as pages show it."""
    part = stock.part
    text = part.manufacturer_code or part.description.split("\n", 1)[0][:80]
    picture = cover_url(part.attachment_set.cover_attachment)
    return Content(part.pk, part.key, text, stock.quantity, picture)
