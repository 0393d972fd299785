"""Which answers lead to which operations: OpenAPI's links, for people and for tests that follow them."""

from typing import Any

_BODY = "$response.body#/"
_BOX = {"box_no": f"{_BODY}box_no"}
_SET = {"set_id": f"{_BODY}attachment_set_id"}
_IN_SET = {"set_id": f"{_BODY}attachment_set_id", "attachment_id": f"{_BODY}id"}
_PART = {"key": f"{_BODY}key"}
_KIT = {"kit_id": f"{_BODY}id"}
_TYPE = {"type_id": f"{_BODY}id"}
_ROW = {"kit_id": "$request.path.kit_id", "content_id": f"{_BODY}id"}
_THIS_SET = {"set_id": "$request.path.set_id"}

# Of an operation and a status: the operations that go on from there, with the parameters that they take.
LINKS: dict[tuple[str, str], dict[str, dict[str, str]]] = {
    ("create_part", "201"): {
        "get_part": _PART,
        "update_part": _PART,
        "change_part": _PART,
        "delete_part": _PART,
        "list_part_kits": _PART,
        "get_part_reservations": _PART,
        "get_part_archive": _PART,
        "list_part_locations": _PART,
        "list_part_history": _PART,
        "list_part_changes": _PART,
        "get_attachment_set": _SET,
        "add_attachment": _SET,
        "get_cover": _SET,
    },
    ("create_kit", "201"): {
        "get_kit": _KIT,
        "change_kit": _KIT,
        "delete_kit": _KIT,
        "archive_kit": _KIT,
        "unarchive_kit": _KIT,
        "add_kit_content": _KIT,
        "get_kit_archive": _KIT,
        "list_kit_changes": _KIT,
        "add_attachment": _SET,
    },
    ("create_box", "201"): {
        "get_box": _BOX,
        "change_box": _BOX,
        "list_box_locations": _BOX,
        "delete_box": _BOX,
    },
    ("create_type", "201"): {"get_type": _TYPE, "rename_type": _TYPE, "delete_type": _TYPE},
    ("add_attachment", "201"): {
        "get_attachment": _IN_SET,
        "rename_attachment": _IN_SET,
        "change_attachment": _IN_SET,
        "delete_attachment": _IN_SET,
        "get_attachment_content": _IN_SET,
        "get_attachment_set": _SET,
        "list_attachments": _SET,
        "choose_cover": _SET,
        "get_attachment_set_archive": _SET,
        "get_content": {"sha256": f"{_BODY}sha256"},
    },
    ("copy_attachment", "201"): {"get_attachment": _IN_SET, "delete_attachment": _IN_SET},
    ("choose_cover", "200"): {"clear_cover": _THIS_SET, "get_cover": _THIS_SET},
    ("add_kit_content", "201"): {"change_kit_content": _ROW, "delete_kit_content": _ROW},
    ("archive_kit", "200"): {"unarchive_kit": _KIT},
}


def add_links(paths: dict[str, Any]) -> None:
    """Add the links to the responses of the operations."""
    for path in paths.values():
        for operation in path.values():
            for (source, status), targets in LINKS.items():
                if operation["operationId"] == source:
                    operation["responses"][status]["links"] = {
                        target: {"operationId": target, "parameters": parameters}
                        for target, parameters in targets.items()
                    }
