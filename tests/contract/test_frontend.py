"""The running server does what the unmodified frontend expects: every operation of tests/contract/frontend.json.

`ABSENT` names the operations that do not answer yet, `EMPTY` those that always answer with nothing. Both have to
shrink: a feature that is built takes its operations off, and gives each an example (tests/contract/frontend/examples.py).
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import resolve
from rest_framework.authtoken.models import Token

from inventory import errors
from tests.contract.frontend.examples import CONFLICTS, EXAMPLES
from tests.contract.frontend.shapes import CONTRACT, accepted, faults, refused
from tests.contract.frontend.world import Answer, Request, World
from tests.plugins.server import serving
from tests.plugins.web import Web

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

Operation = dict[str, Any]

ABSENT = {
    "DELETE /api/kit-shopping-list-links/{link_id}",
    "POST /api/kits/{kit_id}/pick-lists",
    "POST /api/kits/{kit_id}/pick-lists/preview",
    "POST /api/kits/{kit_id}/shopping-lists",
    "POST /api/parts/{part_key}/seller-links",
    "DELETE /api/parts/{part_key}/seller-links/{seller_link_id}",
    "POST /api/parts/{part_key}/shopping-list-memberships",
    "DELETE /api/pick-lists/{pick_list_id}",
    "GET /api/pick-lists/{pick_list_id}",
    "PATCH /api/pick-lists/{pick_list_id}/lines/{line_id}",
    "POST /api/pick-lists/{pick_list_id}/lines/{line_id}/pick",
    "POST /api/pick-lists/{pick_list_id}/lines/{line_id}/undo",
    "GET /api/pick-lists/{pick_list_id}/pdf",
    "POST /api/sellers",
    "DELETE /api/sellers/{seller_id}",
    "PUT /api/sellers/{seller_id}",
    "DELETE /api/shopping-list-lines/{line_id}",
    "PUT /api/shopping-list-lines/{line_id}",
    "POST /api/shopping-list-lines/{line_id}/complete",
    "POST /api/shopping-list-lines/{line_id}/receive",
    "POST /api/shopping-lists",
    "DELETE /api/shopping-lists/{list_id}",
    "GET /api/shopping-lists/{list_id}",
    "PUT /api/shopping-lists/{list_id}",
    "GET /api/shopping-lists/{list_id}/kits",
    "POST /api/shopping-lists/{list_id}/lines",
    "POST /api/shopping-lists/{list_id}/seller-groups",
    "DELETE /api/shopping-lists/{list_id}/seller-groups/{seller_id}",
    "PUT /api/shopping-lists/{list_id}/seller-groups/{seller_id}",
    "PUT /api/shopping-lists/{list_id}/status",
}
EMPTY = {
    "GET /api/sellers",
    "GET /api/shopping-lists",
    "POST /api/kits/pick-list-memberships/query",
    "POST /api/kits/shopping-list-memberships/query",
    "POST /api/parts/shopping-list-memberships/query",
}
# These will not be built: 501, with a sentence.
REFUSED = {"POST /api/ai-parts/analyze", "POST /api/ai-parts/cleanup", "POST /api/ai-parts/create"}
# The stream is a process of its own, with tests of its own; the web server only leads there.
ELSEWHERE = {"GET /api/sse/stream"}

# What the contract requires and our API has a default for.
DEFAULTS = {("POST /api/kits/{kit_id}/contents", "no required_per_unit")}

OPERATIONS: dict[str, Operation] = {
    f"{operation['method']} {operation['path']}": operation for operation in CONTRACT["operations"]
}


def unknown(operation: Operation) -> dict[str, Any]:
    """Values for the parameters of the path, of things that do not exist."""
    return {
        name: "ZZZZ" if schema["type"] == "string" else 987_654
        for name, schema in operation.get("path_params", {}).items()
    }


def answers(operation: Operation) -> bool:
    """Whether the server has a route and a method for it."""
    view = resolve(operation["path"].format_map(unknown(operation))).func
    methods = getattr(view, "view_class", None)
    return view is not errors.api_not_found and (methods is None or hasattr(methods, operation["method"].lower()))


def test_what_is_absent_is_known() -> None:
    absent = {name for name, operation in OPERATIONS.items() if not answers(operation)}
    assert sorted(ABSENT - absent) == [], "These answer now: take them off ABSENT, and give each an example."
    assert sorted(absent - ABSENT) == [], "These used to answer."
    assert sorted(set(OPERATIONS) - absent - REFUSED - ELSEWHERE - set(EXAMPLES)) == [], "Give each an example."
    assert set(OPERATIONS) - absent >= EMPTY | REFUSED | ELSEWHERE


def test_every_operation_that_answers_does_what_the_contract_says(superuser: User, web: Web) -> None:
    page = web.serve("/page", "<title>A page</title>")
    reader = User.objects.create_user("reader")
    tokens = {user: str(Token.objects.create(user=user)) for user in (superuser, reader)}
    found: dict[str, list[str]] = {}
    with serving(FETCH_ALLOWED_HOSTS="127.0.0.0/8") as server:
        world = World(server.port, tokens[superuser], page)
        others = World(server.port, tokens[reader]), World(server.port)
        for name in sorted(set(EXAMPLES) - ABSENT):
            if said := list(check(OPERATIONS[name], name, world, *others)):
                found[name] = said
        refusals = [world.send("POST", name.removeprefix("POST "), Request({}, {})) for name in REFUSED]
    lines = [f"{name}: {fault}" for name, said in found.items() for fault in said]
    assert not lines, "\n".join(lines)
    assert [fault for answer in refusals for fault in error_faults(answer, 501)] == []


def check(operation: Operation, name: str, world: World, reader: World, nobody: World) -> Iterator[str]:
    """What is wrong with an operation."""
    method, path = operation["method"], operation["path"]
    yield from success_faults(operation, name, world.send(method, path, EXAMPLES[name](world)))
    # Who may do it.
    if "role" in operation:
        example = EXAMPLES[name](world)
        yield from error_faults(nobody.send(method, path, example), 401)
        answer = reader.send(method, path, example)
        if operation["role"] == "editor":
            yield from error_faults(answer, 403)
        else:
            yield from success_faults(operation, name, answer)
    if 404 in operation["error_statuses_declared"] and operation.get("path_params"):
        request = Request(unknown(operation), EXAMPLES[name](world).body)
        yield from error_faults(world.send(method, path, request), 404)
    for body in bodies(operation):
        sample = EXAMPLES[name](world).body or {}
        for what, wrong in refused(sample, body):
            if (name, what) in DEFAULTS:
                continue
            answer = world.send(method, path, Request(EXAMPLES[name](world).path, wrong))
            yield from (f"{what}: {fault}" for fault in error_faults(answer, 400))
        for what, _ in accepted(sample, body):
            # A name that is new each time.
            request = EXAMPLES[name](world)
            changed = dict(accepted(request.body or {}, body))[what]
            answer = world.send(method, path, Request(request.path, changed))
            yield from (f"{what}: {fault}" for fault in success_faults(operation, name, answer))
    if name in CONFLICTS:
        conflict, words = CONFLICTS[name]
        answer = world.send(method, path, conflict(world))
        yield from error_faults(answer, 409)
        if words not in (answer.json or {}).get("error", ""):
            yield f"the sentence has no “{words}”: {answer.content!r}"


def bodies(operation: Operation) -> Iterator[Operation]:
    """The shapes of JSON bodies that are named in the contract."""
    request = operation.get("request", {})
    if isinstance(request, dict) and "shape" in request:
        yield request


def success_faults(operation: Operation, name: str, answer: Answer) -> Iterator[str]:
    declared = operation["success"] if isinstance(operation["success"], list) else [operation["success"]]
    fitting = [success for success in declared if success["status"] == answer.status]
    if not fitting:
        yield f"{answer.status}: {answer.content!r:.300}"
        return
    success = fitting[0]
    schema = success.get("body_with_include_parts", success.get("body"))
    if schema is None:
        if answer.content:
            yield f"a body where none is expected: {answer.content!r:.100}"
        return
    if not answer.headers["content-type"].startswith("application/json"):
        yield f"the type is {answer.headers['content-type']}"
    yield from faults(answer.json, success.get("body_the_page_reads", schema))
    something = any(value for row in (answer.json if isinstance(answer.json, list) else []) for value in (row,)) or any(
        value
        for row in (answer.json["memberships"] if name.endswith("/query") else [])
        for value in row.values()
        if isinstance(value, list)
    )
    if something and name in EMPTY:
        yield "it is not empty any more: take it off EMPTY"


def is_empty(data: Any) -> bool:
    """Whether a list has no rows, or only rows of things that were asked for, with nothing of them."""
    rows = data["memberships"] if isinstance(data, dict) else data
    return not any(value for row in rows for value in row.values() if not isinstance(value, str | int))


def error_faults(answer: Answer, status: int) -> Iterator[str]:
    if answer.status != status:
        yield f"{answer.status} instead of {status}: {answer.content!r:.300}"
    elif not isinstance(answer.json, dict) or not answer.json.get("error"):
        yield f"no sentence: {answer.content!r:.300}"
    elif not isinstance(answer.json.get("details"), dict):
        yield f"no details: {answer.content!r:.300}"
