"""One part as JSON, straight from its columns, as `parts.api.rows` makes those of a list.

It is what PartSerializer describes to the schema.
"""

from collections.abc import Mapping
from typing import Any

from attachments.content_urls import cover_url
from attachments.models import Attachment
from core.errors import NotFoundError
from parts import extras
from parts.api import includes
from parts.keys import is_key
from parts.models import Part, PartType

_COLUMNS = (
    *("id", "key", "description", "manufacturer_code", "manufacturer", "product_page", "type_id", "attachment_set_id"),
    *("package", "pin_count", "pin_pitch", "voltage_rating", "input_voltage", "output_voltage", "mounting_type"),
    *("series", "dimensions", "created_at", "updated_at"),
)
# These are columns of lists only.
_IN_LISTS: dict[str, None] = dict.fromkeys(("locations", "kits", "shopping_lists"))


def stored_part(key: str) -> dict[str, Any]:
    """The part with this key. Raises NotFoundError."""
    parts = Part.objects.select_related("type", "attachment_set__cover_attachment")
    # No more than one has it: `first()` would sort.
    for part in parts.filter(key=key) if is_key(key) else ():
        return _json(
            part,
            tags=_tags(part),
            cover_url=cover_url(part.attachment_set.cover_attachment),
            # A query of its own: inside the other one it takes longer.
            attachment_count=Attachment.objects.filter(attachment_set=part.attachment_set_id).count(),
            **includes.of_part(part.pk),
        )
    raise NotFoundError("There is no part with this key.")


def new_part(part: Part, values: Mapping[str, Any]) -> dict[str, Any]:
    """A part that was just made with these values: what is known of it is not read again."""
    return _json(
        part,
        tags=_tags(part) if values.get("tags") else [],
        cover_url=None,
        attachment_count=0,
        # Nobody keeps anything of it yet, unless it came with it.
        **(includes.of_part(part.pk) if extras.names() & set(values) else includes.nothing()),
    )


def _json(part: Part, **more: Any) -> dict[str, Any]:
    return {name: getattr(part, name) for name in _COLUMNS} | {"type": _type(part.type)} | _IN_LISTS | more


def _type(part_type: PartType | None) -> dict[str, Any] | None:
    if part_type is None:
        return None
    return {name: getattr(part_type, name) for name in ("id", "name", "created_at", "updated_at")}


def _tags(part: Part) -> list[str]:
    links = Part.tags.through.objects.filter(part=part.pk).order_by("tag__name")
    return list(links.values_list("tag__name", flat=True))
