"""Rows of a list of parts, straight from the columns: a page may have a thousand, and a serializer takes its time.

A row is what PartRowSerializer makes of the part; that describes it to the schema.
"""

from collections.abc import Iterable
from typing import Any

from attachments.content_urls import THUMBNAIL, cover_url
from attachments.models import Attachment
from cas.signing import thumbnail_url
from parts.models import Part

_COVER = "attachment_set__cover_attachment__"
# As a row has them, in its order.
_BEFORE_TAGS = ("key", "description", "manufacturer_code", "manufacturer", "type_id")
_AFTER_TAGS = (
    "package",
    "pin_pitch",
    "mounting_type",
    "voltage_rating",
    "input_voltage",
    "output_voltage",
    "pin_count",
    "series",
    "dimensions",
    "created_at",
    "updated_at",
)
_COVER_COLUMNS = ("id", "attachment_set_id", "attachment_type", "content_type", "blob_id", "legacy_key")
COLUMNS = (
    "id",
    *_BEFORE_TAGS,
    *_AFTER_TAGS,
    "attachment_set_id",
    "attachment_count",
    *(_COVER + name for name in _COVER_COLUMNS),
)


def part_rows(parts: Iterable[dict[str, Any]], included: dict[str, dict[int, Any]]) -> list[dict[str, Any]]:
    """The rows of these parts, each a mapping of COLUMNS. One query, for the tags."""
    parts = list(parts)
    tags = _tags([part["id"] for part in parts])
    kits, locations = included.get("kits"), included.get("locations")
    shopping_lists = included.get("shopping_lists")
    return [
        {
            **{name: part[name] for name in _BEFORE_TAGS},
            "tags": tags.get(part["id"], []),
            **{name: part[name] for name in _AFTER_TAGS},
            "total_quantity": included["total_quantity"][part["id"]],
            "minimum_quantity": included["minimum_quantity"][part["id"]],
            "cover_url": _cover_url(part),
            "attachment_set_id": part["attachment_set_id"],
            "attachment_count": part["attachment_count"],
            "locations": None if locations is None else locations.get(part["id"], []),
            "seller_links": included["seller_links"][part["id"]],
            "kits": None if kits is None else kits.get(part["id"], []),
            "shopping_lists": None if shopping_lists is None else shopping_lists.get(part["id"], []),
        }
        for part in parts
    ]


def _tags(ids: list[int]) -> dict[int, list[str]]:
    names: dict[int, list[str]] = {}
    links = Part.tags.through.objects.filter(part__in=ids).order_by("tag__name")
    for part_id, name in links.values_list("part_id", "tag__name"):
        names.setdefault(part_id, []).append(name)
    return names


def _cover_url(part: dict[str, Any]) -> str | None:
    digest = part[f"{_COVER}blob_id"]
    if digest is not None and part[f"{_COVER}attachment_type"] == Attachment.Type.IMAGE:
        # Nearly all of them; the rest is asked the long way.
        return thumbnail_url(digest, THUMBNAIL)
    if part[f"{_COVER}id"] is None:
        return None
    return cover_url(Attachment(**{name: part[_COVER + name] for name in _COVER_COLUMNS}))
