"""What the schema has beside the views that REST framework knows."""

from typing import Any

from inventory.schema.cas import CONTENT_PATHS
from inventory.schema.common import ERROR, ERROR_SCHEMA, HEADERS, SECURITY_SCHEMES
from inventory.schema.operation_links import add_links

_TAGS = {
    "attachment-sets": "The attachments of a part or a kit, and which of them is the cover.",
    "cas": "Contents, under signed addresses that never change and need no login.",
    "parts": "Kinds of components, under keys of four letters.",
    "types": "What sort of thing a part is.",
    "kits": "Things to build from parts.",
    "auth": "Who one is.",
    "icons": "Pictures that stand for what has none.",
    "boxes": "Boxes with numbered places.",
    "inventory": "Pieces in, out, and from place to place.",
    "sellers": "Not built yet.",
}


def finish(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """`POSTPROCESSING_HOOKS`: content addresses, the error body, ways to log in, links between operations."""
    result["paths"] = dict(sorted({**result["paths"], **CONTENT_PATHS}.items()))
    result["components"].setdefault("schemas", {})[ERROR] = ERROR_SCHEMA
    result["components"]["headers"] = HEADERS
    result["components"]["securitySchemes"] = SECURITY_SCHEMES
    result["tags"] = [{"name": name, "description": description} for name, description in _TAGS.items()]
    for path in result["paths"].values():
        for operation in path.values():
            _require_body(operation, result["components"]["schemas"])
    add_links(result["paths"])
    return result


def _require_body(operation: dict[str, Any], components: dict[str, Any]) -> None:
    """A body is needed where each of its forms has something that is needed."""
    forms = [form["schema"] for form in operation.get("requestBody", {}).get("content", {}).values()]
    schemas = [components[form["$ref"].rpartition("/")[2]] if "$ref" in form else form for form in forms]
    if schemas and all("required" in schema or "oneOf" in schema for schema in schemas):
        operation["requestBody"]["required"] = True
