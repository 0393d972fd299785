"""What the frontend asks for on every page, of features that do not exist yet."""

import pytest

from tests.conftest import ApiClient
from tests.factories import PartFactory

pytestmark = pytest.mark.django_db

LISTS = ["/boxes", "/sellers", "/parts/ABCD/locations"]
QUESTIONS = [
    "/parts/shopping-list-memberships/query",
    "/kits/shopping-list-memberships/query",
    "/kits/pick-list-memberships/query",
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


def test_the_locations_of_no_part_are_unknown(reader: ApiClient) -> None:
    assert reader.get("/parts/ABCD/locations").status_code == 404


@pytest.mark.parametrize("path", QUESTIONS)
class TestQuestion:
    def test_has_no_answers(self, reader: ApiClient, path: str) -> None:
        answer = reader.post(path, {"part_keys": ["ABCD"]})
        assert (answer.status_code, answer.json()) == (200, {"memberships": []})

    def test_has_to_be_an_object(self, reader: ApiClient, path: str) -> None:
        assert reader.post(path, "[]").status_code == 400
        assert reader.post(path, "x", "text/plain").status_code == 415
