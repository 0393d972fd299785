"""Who may call what: everybody logged in reads, changes need the permission, nobody else gets in."""

import re
from typing import Any

import pytest

from inventory.schema.views import schema
from tests.conftest import ApiClient

pytestmark = pytest.mark.django_db

# A question asked with POST changes nothing, and a look at a stranger's page is for those who may add it.
QUESTIONS = re.compile(r"POST .*/query$")
FOR_EDITORS = "GET /api/parts/attachment-preview/image"
OPERATIONS = [
    f"{method.upper()} {path}"
    for path, methods in schema()["paths"].items()
    for method, operation in methods.items()
    if operation["security"]
]
CHANGES = [
    name for name in OPERATIONS if (not name.startswith("GET") and not QUESTIONS.match(name)) or name == FOR_EDITORS
]


def call(client: ApiClient, operation: str, number: int = 4711) -> Any:
    """Call it about something that does not exist: whoever may not do it is told so first."""
    method, path = operation.split()
    return client.generic(method, re.sub(r"\{\w+\}", str(number), path), b"{}", "application/json")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_everything_needs_a_login(anonymous: ApiClient, operation: str) -> None:
    answer = call(anonymous, operation)
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/json")
    assert (answer.json()["details"]["code"], answer["WWW-Authenticate"]) == ("login_required", "Token")


@pytest.mark.parametrize("operation", CHANGES)
def test_changes_need_the_permission(reader: ApiClient, operation: str) -> None:
    answer = call(reader, operation)
    assert (answer.status_code, answer.json()["details"]["code"]) == (403, "forbidden")


@pytest.mark.parametrize("operation", sorted({*OPERATIONS} - {*CHANGES}))
def test_everybody_with_a_login_reads(reader: ApiClient, operation: str) -> None:
    # Some questions need a body.
    assert call(reader, operation).status_code in {200, 400, 404}


@pytest.mark.parametrize("number", [4711, 10**20])
@pytest.mark.parametrize("operation", [name for name in OPERATIONS if "{" in name and name[:3] in {"GET", "DEL"}])
def test_what_does_not_exist_is_not_found(api: ApiClient, operation: str, number: int) -> None:
    assert call(api, operation, number).status_code == 404
