"""The attachments of an owner as its page shows them: each once, for people with and without JavaScript."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from django import forms

from attachments.content_urls import Links, links_of, target_of
from attachments.kinds import HEADINGS, Kind
from attachments.models import Attachment, RemovedAttachment
from attachments.owner_names import OwnerName, name_of
from attachments.usage import Elsewhere

# With more there are sections; of a long one only its heading is shown.
_MANY = 12
_SHOWN_AT_ONCE = 8


@dataclass(frozen=True)
class RemovedRow:
    """One removed attachment, with its field for those who may restore it."""

    removed: RemovedAttachment
    restore: forms.BoundField | None

    @cached_property
    def links(self) -> Links:
        """What may be shown of it."""
        return links_of(self.removed)


@dataclass(frozen=True)
class Tile:
    """One attachment, with the fields that the person may use."""

    attachment: Attachment
    # Counted from zero.
    position: int
    is_cover: bool
    elsewhere: Elsewhere | None
    # What it had before its last replacement, for those who may restore that.
    old_file: RemovedAttachment | None
    fields: dict[str, forms.BoundField]

    @cached_property
    def links(self) -> Links:
        """What may be shown of it."""
        return links_of(self.attachment)

    @property
    def other_owners(self) -> list[OwnerName]:
        """Some of the others who use the same content."""
        return [name_of(owner) for owner in self.elsewhere.owners] if self.elsewhere else []

    @property
    def target(self) -> str:
        """What a click on the picture opens."""
        return target_of(self.attachment)

    @property
    def source(self) -> str:
        """Where a stored file was fetched from."""
        return "" if self.attachment.attachment_type == Attachment.Type.URL else self.attachment.web_url


@dataclass(frozen=True)
class Section:
    """Tiles of one kind below a heading, or all of them without one."""

    tiles: list[Tile]
    kind: str = ""
    heading: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the tiles are shown before somebody opens it."""
        return len(self.tiles) <= _SHOWN_AT_ONCE


def sections(tiles: Iterable[Tile]) -> Iterator[Section]:
    """Where there are many, a section for each kind that there is."""
    tiles = list(tiles)
    if len(tiles) <= _MANY:
        yield Section(tiles)
        return
    for kind in Kind:
        some = [tile for tile in tiles if tile.attachment.kind == kind]
        if some:
            yield Section(some, kind, HEADINGS[kind])
