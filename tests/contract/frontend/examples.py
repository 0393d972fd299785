"""For each operation of the contract that answers, a call that succeeds; for some one that meets a conflict."""

from collections.abc import Callable
from typing import Any

from tests.contract.frontend.world import Request, World, part_fields
from tests.plugins.files import picture

Example = Callable[[World], Request]


def _part(world: World) -> Request:
    return Request({"part_key": world.part()["key"]})


def _seen_part(world: World) -> Request:
    return Request({"part_key": world.part_with_picture()["key"]})


def _kit(world: World) -> Request:
    return Request({"kit_id": world.kit()["id"]})


def _type(world: World) -> Request:
    return Request({"type_id": world.type()["id"]})


def _set(world: World) -> Request:
    return Request({"set_id": world.part_with_picture()["attachment_set_id"]})


def _box(world: World) -> Request:
    return Request({"box_no": world.stocked()[1]["box_no"]})


def _whole_kit(world: World) -> Request:
    kit = world.kit()
    world.content(world.part_with_picture(), kit)
    return Request({"kit_id": kit["id"]})


def _archived_kit(world: World) -> Request:
    kit = world.kit()
    world.make(f"kits/{kit['id']}/archive")
    return Request({"kit_id": kit["id"]})


def _attachment(world: World) -> Request:
    set_id = world.part()["attachment_set_id"]
    return Request({"set_id": set_id, "attachment_id": world.picture(set_id)["id"]})


def _cover(world: World) -> Request:
    where = _attachment(world).path
    return Request({"set_id": where["set_id"]}, {"attachment_id": where["attachment_id"]})


def _upload(world: World) -> Request:
    return Request(_set(world).path, form={"title": "Back", "file": picture("seagreen")})


def _copy(world: World) -> Request:
    picture_id = _attachment(world).path["attachment_id"]
    body = {"attachment_id": picture_id, "target_part_key": world.part()["key"], "set_as_cover": True}
    return Request({}, body)


def _new_content(world: World) -> Request:
    body = {"part_id": world.part()["id"], "required_per_unit": 3, "note": "R1"}
    return Request(_kit(world).path, body)


def _content(world: World) -> dict[str, Any]:
    row = world.content()
    return {"kit_id": row["kit_id"], "content_id": row["id"]}


def _stock(world: World) -> Request:
    part, box = world.stocked()
    return Request({"part_key": part["key"]}, {"box_no": box["box_no"], "loc_no": 1, "qty": 3})


def _kits_asked_for(world: World) -> Request:
    return Request({}, {"kit_ids": [world.kit()["id"]], "include_done": True})


def _list(query: str) -> Example:
    """A list in which something is."""

    def example(world: World) -> Request:
        world.part_with_picture()
        return Request({}, query=query)

    return example


def with_body(where: Example, **body: Any) -> Example:
    """The call with this body; callables are called with the world."""

    def example(world: World) -> Request:
        values = {name: value(world) if callable(value) else value for name, value in body.items()}
        return Request(where(world).path, values)

    return example


def _nowhere(world: World) -> Request:
    return Request({})


def _name(what: str) -> Callable[[World], str]:
    return lambda world: world.new(what)


_INCLUDE = "?limit=1000&offset=0&include=locations,kits,shopping_lists,cover"
EXAMPLES: dict[str, Example] = {
    "GET /api/attachment-sets/{set_id}/attachments": _set,
    "POST /api/attachment-sets/{set_id}/attachments": _upload,
    "DELETE /api/attachment-sets/{set_id}/attachments/{attachment_id}": _attachment,
    "GET /api/attachment-sets/{set_id}/cover": _set,
    "PUT /api/attachment-sets/{set_id}/cover": _cover,
    "GET /api/auth/login": lambda world: Request({}, query="?redirect=%2Fparts"),
    "GET /api/auth/logout": _nowhere,
    "GET /api/auth/self": _nowhere,
    "GET /api/boxes": _nowhere,
    "POST /api/boxes": with_body(_nowhere, description=_name("Box"), capacity=5),
    "GET /api/boxes/{box_no}": _box,
    "PUT /api/boxes/{box_no}": with_body(_box, description="Drawer", capacity=5),
    "DELETE /api/boxes/{box_no}": lambda world: Request({"box_no": world.box()["box_no"]}),
    "GET /api/boxes/{box_no}/locations": lambda world: Request(_box(world).path, query="?include_parts=true"),
    "POST /api/inventory/parts/{part_key}/stock": _stock,
    "DELETE /api/inventory/parts/{part_key}/stock": _stock,
    "GET /api/inventory/suggestions/{type_id}": lambda world: Request({"type_id": world.stocked()[0]["type_id"]}),
    "GET /api/kits": _list("?status=active"),
    "POST /api/kits": with_body(_nowhere, name=_name("Kit"), description="To build", build_target=2),
    "POST /api/kits/pick-list-memberships/query": _kits_asked_for,
    "POST /api/kits/shopping-list-memberships/query": _kits_asked_for,
    "GET /api/kits/{kit_id}": _whole_kit,
    "PATCH /api/kits/{kit_id}": with_body(_kit, name=_name("Kit"), description="Other", build_target=3),
    "DELETE /api/kits/{kit_id}": _kit,
    "POST /api/kits/{kit_id}/archive": _kit,
    "POST /api/kits/{kit_id}/unarchive": _archived_kit,
    "POST /api/kits/{kit_id}/contents": _new_content,
    "PATCH /api/kits/{kit_id}/contents/{content_id}": lambda world: Request(
        _content(world), {"version": 1, "required_per_unit": 5, "note": "R2"}
    ),
    "DELETE /api/kits/{kit_id}/contents/{content_id}": lambda world: Request(_content(world)),
    "GET /api/parts": _list(_INCLUDE),
    "POST /api/parts": lambda world: Request({}, {**part_fields(), "type_id": world.type()["id"]}),
    "POST /api/parts/attachment-preview": lambda world: Request({}, {"url": world.page}),
    "POST /api/parts/copy-attachment": _copy,
    "POST /api/parts/shopping-list-memberships/query": lambda world: Request(
        {}, {"part_keys": [world.part()["key"]], "include_done": False}
    ),
    "GET /api/parts/{part_key}": _seen_part,
    "PUT /api/parts/{part_key}": lambda world: Request(
        _part(world).path, {**part_fields(), "type_id": world.type()["id"]}
    ),
    "DELETE /api/parts/{part_key}": _part,
    "GET /api/parts/{part_key}/kit-reservations": _seen_part,
    "GET /api/parts/{part_key}/kits": _seen_part,
    "GET /api/parts/{part_key}/locations": _seen_part,
    "GET /api/sellers": _nowhere,
    "GET /api/shopping-lists": lambda world: Request({}, query="?include_done=true"),
    "GET /api/types": _list("?include_stats=true"),
    "POST /api/types": with_body(_nowhere, name=_name("Type")),
    "PUT /api/types/{type_id}": with_body(_type, name=_name("Type")),
    "DELETE /api/types/{type_id}": _type,
}


def _same_type(world: World) -> Request:
    return Request({}, {"name": world.type()["name"]})


def _used_type(world: World) -> Request:
    return Request({"type_id": world.part()["type_id"]})


def _used_part(world: World) -> Request:
    part = world.part()
    world.content(part)
    return Request({"part_key": part["key"]})


def _same_kit(world: World) -> Request:
    return Request({}, {"name": world.kit()["name"]})


def _named_as_another(world: World) -> Request:
    return Request(_kit(world).path, {"name": world.kit()["name"]})


def _same_content(world: World) -> Request:
    part, kit = world.part(), world.kit()
    world.content(part, kit)
    return Request({"kit_id": kit["id"]}, {"part_id": part["id"], "required_per_unit": 1})


def _stale_content(world: World) -> Request:
    return Request(_content(world), {"version": 7, "note": "late"})


# With the words that the frontend's own tests look for in the sentence, or that it takes on the console.
CONFLICTS: dict[str, tuple[Example, str]] = {
    "POST /api/types": (_same_type, "already exists"),
    "DELETE /api/types/{type_id}": (_used_type, "Cannot delete type"),
    "DELETE /api/parts/{part_key}": (_used_part, "Cannot delete part"),
    "POST /api/kits": (_same_kit, "already exists"),
    "PATCH /api/kits/{kit_id}": (_named_as_another, "already exists"),
    "POST /api/kits/{kit_id}/contents": (_same_content, "already exists"),
    "PATCH /api/kits/{kit_id}/contents/{content_id}": (_stale_content, "already exists"),
    "DELETE /api/boxes/{box_no}": (_box, "Cannot delete box"),
}
