"""What the frontend reads and sends, as `tests/contract/frontend.json` describes it: fields, types, nulls, limits."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

CONTRACT: dict[str, Any] = json.loads((Path(__file__).parents[1] / "frontend.json").read_text(encoding="utf-8"))
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
# Of another type than the one that is wanted.
_WRONG: dict[str, Any] = {"string": 7, "integer": "x", "boolean": "x", "array": "x", "object": "x"}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, where it names a shape."""
    return {**CONTRACT["shapes"][schema["shape"]], **schema} if "shape" in schema else schema


def faults(value: Any, schema: dict[str, Any], where: str = "answer") -> Iterator[str]:
    """What the frontend would stumble over in an answer."""
    schema = resolved(schema)
    wanted: str = schema["type"]
    rows: Any = value
    if value is None:
        if not schema.get("nullable"):
            yield f"{where} is null"
    elif not isinstance(value, _TYPES[wanted]) or (isinstance(value, bool) and wanted != "boolean"):
        yield f"{where} is {value!r:.60}, no {wanted}"
    elif wanted == "array":
        for row in rows:
            yield from faults(row, schema["items"], f"{where}[]")
    elif wanted == "object":
        for name, field in schema.get("fields", {}).items():
            if name in rows:
                yield from faults(rows[name], field, f"{where}.{name}")
            elif field.get("required"):
                yield f"{where}.{name} is missing"
    else:
        yield from _value_faults(value, schema, where)


def _value_faults(value: Any, schema: dict[str, Any], where: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is {value!r}, none of {schema['enum']}"
    if schema.get("format") == "date-time" and datetime.fromisoformat(value).tzinfo is None:
        yield f"{where} has no time zone: {value}"
    if "min" in schema and value < schema["min"]:
        yield f"{where} is {value}, less than {schema['min']}"


def refused(body: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Bodies that have to be refused, each with what is wrong in it."""
    for name, field in fields_of(schema).items():
        if field.get("required"):
            yield f"no {name}", {key: value for key, value in body.items() if key != name}
        if field.get("required") and not field.get("nullable"):
            yield f"{name} null", {**body, name: None}
        yield f"{name} of another type", {**body, name: _WRONG[field["type"]]}
        if field.get("min_length") == 1:
            yield f"{name} blank", {**body, name: ""}
        if "exclusive_min" in field:
            yield f"{name} too small", {**body, name: field["exclusive_min"]}
        if "min" in field:
            yield f"{name} too small", {**body, name: field["min"] - 1}
        if "enum" in field:
            yield f"{name} none of those", {**body, name: "nonsense"}
        if field.get("min_items") == 1:
            yield f"{name} empty", {**body, name: []}


def accepted(body: dict[str, Any], schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Other bodies that the frontend may send, each with what is special in it."""
    for name, field in fields_of(schema).items():
        if not field.get("required") and name in body:
            yield f"without {name}", {key: value for key, value in body.items() if key != name}
        if field.get("nullable"):
            yield f"{name} null", {**body, name: None}
        if "max_length" in field and "pattern" not in field:
            yield f"{name} as long as allowed", {**body, name: _long(body.get(name), field["max_length"])}
        if field["type"] == "integer" and "max" in field:
            yield f"{name} as large as allowed", {**body, name: field["max"]}


def fields_of(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The fields of an object, with shapes resolved."""
    return {name: resolved(field) for name, field in resolved(schema)["fields"].items()}


def _long(value: Any, length: int) -> str:
    """The value, made that long: addresses stay addresses."""
    return str(value or "").ljust(length, "x")
