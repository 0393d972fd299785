"""Rows of a list of parts, straight from the columns: a page may have a thousand, and a serializer takes its time.

A row is what PartRowSerializer makes of the part; that describes it to the schema.
"""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from attachments.content_urls import THUMBNAIL, cover_url
from attachments.models import Attachment
from cas.signing import thumbnail_url
from core.prepared import PreparedBatch
from parts.api import includes
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
OWN_COLUMNS = ("id", *_BEFORE_TAGS, *_AFTER_TAGS, "attachment_set_id")
COLUMNS = (
    *OWN_COLUMNS,
    *("attachment_count", "total_quantity", "minimum_quantity"),
    *(_COVER + name for name in _COVER_COLUMNS),
)


def rows_of_parts() -> "QuerySet[Part, dict[str, Any]]":
    """All of them, as mappings of COLUMNS."""
    parts = Part.objects.with_attachment_count().annotate(**includes.computed())
    rows: QuerySet[Part, dict[str, Any]] = parts.values(*COLUMNS)
    return rows


def part_rows(ids: Sequence[int], include: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of the parts with these ids, in their order, with the columns to include; without parts that are gone.

    Two queries, for the columns and the tags, and those of the columns to include.
    """
    parts = {part["id"]: part for part in _PARTS(ids)}
    tags: dict[int, list[str]] = {}
    for link in _TAGS(ids):
        tags.setdefault(link["part_id"], []).append(link["tag__name"])
    included = includes.load(include, ids)
    return [
        row_of(
            parts[pk],
            tags=tags.get(pk, []),
            **{name: column.get(pk, []) for name, column in included.items()},
        )
        for pk in ids
        if pk in parts
    ]


def row_of(part: dict[str, Any], *, tags: list[str], **on_request: Any) -> dict[str, Any]:
    """The row of one part, a mapping of COLUMNS."""
    return {
        **{name: part[name] for name in _BEFORE_TAGS},
        "tags": tags,
        **{name: part[name] for name in _AFTER_TAGS},
        "total_quantity": part["total_quantity"],
        "minimum_quantity": part["minimum_quantity"],
        "cover_url": _cover_url(part),
        "attachment_set_id": part["attachment_set_id"],
        "attachment_count": part["attachment_count"],
        "locations": on_request.get("locations"),
        "seller_links": [],
        "kits": on_request.get("kits"),
        "shopping_lists": on_request.get("shopping_lists"),
    }


def _columns(*ids: Any) -> "QuerySet[Part, dict[str, Any]]":
    return rows_of_parts().filter(pk__in=ids)


def _tags(*ids: Any) -> Any:
    links = Part.tags.through.objects.filter(part__pk__in=ids)
    return links.order_by("tag__name").values("part_id", "tag__name")


_PARTS: PreparedBatch[dict[str, Any]] = PreparedBatch(_columns)
_TAGS: PreparedBatch[dict[str, Any]] = PreparedBatch(_tags)


def _cover_url(part: dict[str, Any]) -> str | None:
    digest = part[f"{_COVER}blob_id"]
    if digest is not None and part[f"{_COVER}attachment_type"] == Attachment.Type.IMAGE:
        # Nearly all of them; the rest is asked the long way.
        return thumbnail_url(digest, THUMBNAIL)
    if part[f"{_COVER}id"] is None:
        return None
    return cover_url(Attachment(**{name: part[_COVER + name] for name in _COVER_COLUMNS}))
