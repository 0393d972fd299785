"""What the frontend asks for on every page, of features that do not exist yet."""

from typing import Any

import pytest

from tests.conftest import ApiClient
from tests.factories import PartFactory

pytestmark = pytest.mark.django_db

LISTS = ["/sellers", "/shopping-lists"]
# With the question, and the name of the empty list for each thing that is asked for.
QUESTIONS: list[tuple[str, dict[str, Any], str]] = [
    ("/parts/shopping-list-memberships/query", {"part_keys": ["ABCD", "EFGH", "ABCD"]}, "memberships"),
    ("/kits/shopping-list-memberships/query", {"kit_ids": [7, 8, 7]}, "memberships"),
    ("/kits/pick-list-memberships/query", {"kit_ids": [7, 8, 7]}, "pick_lists"),
]


@pytest.mark.parametrize("path", LISTS)
class TestList:
    def test_is_empty(self, reader: ApiClient, path: str) -> None:
        PartFactory.create(key="ABCD")
        answer = reader.get(path)
        assert (answer.status_code, answer.json(), answer["X-Total-Count"]) == (200, [], "0")

    def test_takes_a_page(self, reader: ApiClient, path: str) -> None:
        PartFactory.create(key="ABCD")
        assert reader.get(f"{path}?limit=10").status_code == 200
        assert reader.get(f"{path}?limit=x").status_code == 400


@pytest.mark.parametrize("status", ["active", "done"])
def test_shopping_lists_are_asked_for_by_status(reader: ApiClient, status: str) -> None:
    assert reader.get(f"/shopping-lists?status={status}&include_done=true").json() == []
    assert reader.get(f"/shopping-lists?status={status}&status=lost").status_code == 400


@pytest.mark.parametrize(("path", "question", "names"), QUESTIONS)
class TestQuestion:
    def test_has_no_answers(self, reader: ApiClient, path: str, question: dict[str, Any], names: str) -> None:
        [(plural, keys)] = question.items()
        answer = reader.post(path, {**question, "include_done": False})
        expected = [{plural[:-1]: key, names: []} for key in keys[:2]]
        assert (answer.status_code, answer.json()) == (200, {"memberships": expected})

    def test_has_to_name_something(self, reader: ApiClient, path: str, question: dict[str, Any], names: str) -> None:
        assert reader.post(path, "[]").status_code == 400
        assert reader.post(path, {}).status_code == 400
        assert reader.post(path, {key: [] for key in question}).status_code == 400
        assert reader.post(path, {key: [None] for key in question}).status_code == 400
        assert reader.post(path, "x", "text/plain").status_code == 415
