"""One part as JSON, straight from its columns: its row of a list, and what only one part by itself has.

It is what PartSerializer describes to the schema.
"""

from collections.abc import Mapping
from typing import Any

from core.errors import NotFoundError
from core.prepared import Parameter, PreparedQuery
from parts import extras
from parts.api import includes
from parts.api.rows import COLUMNS, OWN_COLUMNS, row_of
from parts.keys import is_key
from parts.models import Part

# What the database would compute of a part of which nobody keeps anything yet.
_OF_NEW = {"attachment_count": 0, "total_quantity": 0, "minimum_quantity": None, "used_in_kits": False}
_OF_TYPE = ("id", "name", "created_at", "updated_at")


def _by_key(key: Parameter) -> Any:
    """A row for each tag, or one without: that is quicker than a query of its own for the tags."""
    parts = Part.objects.with_attachment_count().annotate(**includes.computed_of_one()).filter(key=key)
    of_type = [f"type__{name}" for name in _OF_TYPE]
    return parts.order_by("tags__name").values(*COLUMNS, "product_page", "used_in_kits", *of_type, "tags__name")


_PART: PreparedQuery[dict[str, Any]] = PreparedQuery(_by_key)


def stored_part(key: str) -> dict[str, Any]:
    """The part with this key. Raises NotFoundError."""
    rows = _PART(key) if is_key(key) else []
    if not rows:
        raise NotFoundError("There is no part with this key.")
    return _whole(rows[0], tags=[row["tags__name"] for row in rows if row["tags__name"] is not None])


def new_part(part: Part, values: Mapping[str, Any]) -> dict[str, Any]:
    """A part that was just made with these values. It is read again only if others keep something of it, or tags."""
    if values.get("tags") or extras.names() & set(values):
        return stored_part(part.key)
    of_type = {f"type__{name}": getattr(part.type, name, None) for name in _OF_TYPE}
    own = {name: getattr(part, name) for name in (*OWN_COLUMNS, "product_page")}
    return _whole({**dict.fromkeys(COLUMNS), **_OF_NEW, **own, **of_type}, tags=[])


def _whole(part: dict[str, Any], *, tags: list[str]) -> dict[str, Any]:
    has_type = part["type__id"] is not None
    return {
        "id": part["id"],
        **row_of(part, tags=tags),
        "type": {name: part[f"type__{name}"] for name in _OF_TYPE} if has_type else None,
        "product_page": part["product_page"],
        "used_in_kits": part["used_in_kits"],
    }
