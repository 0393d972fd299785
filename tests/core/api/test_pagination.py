"""Lists are bare arrays; headers tell what was cut off."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.conftest import ApiClient
from tests.factories import PartFactory, PartTypeFactory

pytestmark = pytest.mark.django_db


def links(answer: Any) -> dict[str, str]:
    """The Link header (RFC 8288), by relation."""
    found = re.findall(r'<([^>]*)>; rel="(\w+)"', answer["Link"])
    return {relation: address for address, relation in found}


def offsets(answer: Any) -> dict[str, int]:
    return {name: int(parse_qs(urlsplit(address).query)["offset"][0]) for name, address in links(answer).items()}


class TestWholeList:
    def test_is_whole_without_a_limit(self, api: ApiClient) -> None:
        PartTypeFactory.create_batch(60)
        answer = api.get("/types")
        assert len(answer.json()) == 60
        assert answer["X-Total-Count"] == "60"
        assert links(answer) == dict.fromkeys(["first", "last"], "http://testserver/api/types?offset=0")

    def test_may_be_cut_and_begin_later(self, api: ApiClient) -> None:
        PartTypeFactory.create_batch(5)
        everything = api.get("/types").json()
        cut, later = api.get("/types?limit=2&offset=1"), api.get("/types?offset=3")
        assert (cut.json(), later.json()) == (everything[1:3], everything[3:])
        assert cut["X-Total-Count"] == later["X-Total-Count"] == "5"
        assert offsets(later) == {"first": 0, "last": 0, "prev": 0}


class TestPages:
    def test_of_parts_have_fifty(self, api: ApiClient) -> None:
        PartFactory.create_batch(51)
        answer = api.get("/parts")
        assert len(answer.json()) == 50
        assert answer["X-Total-Count"] == "51"
        assert offsets(answer) == {"first": 0, "last": 50, "next": 50}

    def test_a_thousand_may_be_asked_for(self, api: ApiClient) -> None:
        PartFactory.create_batch(3)
        assert len(api.get("/parts?limit=1000").json()) == 3

    @pytest.mark.parametrize(
        ("limit", "offset", "expected"),
        [
            (3, 0, {"first": 0, "last": 6, "next": 3}),
            (3, 3, {"first": 0, "last": 6, "prev": 0, "next": 6}),
            (3, 6, {"first": 0, "last": 6, "prev": 3}),
            (3, 1, {"first": 0, "last": 6, "prev": 0, "next": 4}),
            (3, 500, {"first": 0, "last": 6, "prev": 6}),
            (7, 0, {"first": 0, "last": 0}),
            (1000, 0, {"first": 0, "last": 0}),
            (1, 6, {"first": 0, "last": 6, "prev": 5}),
        ],
    )
    def test_lead_to_each_other(self, api: ApiClient, limit: int, offset: int, expected: dict[str, int]) -> None:
        PartTypeFactory.create_batch(7)
        answer = api.get(f"/types?limit={limit}&offset={offset}")
        assert offsets(answer) == expected
        assert len(answer.json()) == len(range(7)[offset : offset + limit])

    def test_following_next_shows_everything_once(self, api: ApiClient) -> None:
        PartFactory.create_batch(11)
        everything = [part["key"] for part in api.get("/parts?limit=1000").json()]
        address: str | None = "/parts?limit=4"
        seen = []
        while address:
            answer = api.get(address)
            seen += [part["key"] for part in answer.json()]
            address = links(answer).get("next")
        assert seen == everything

    def test_keep_the_other_parameters(self, api: ApiClient) -> None:
        PartTypeFactory.create_batch(3)
        answer = api.get("/types?include_stats=true&limit=1&offset=1")
        for address in links(answer).values():
            assert address.startswith("http://testserver/api/types?")
            assert parse_qs(urlsplit(address).query)["include_stats"] == ["true"]

    def test_an_offset_beyond_the_end_is_empty(self, api: ApiClient) -> None:
        PartTypeFactory.create_batch(3)
        answer = api.get(f"/types?limit=2&offset={2**62}")
        assert (answer.status_code, answer.json(), answer["X-Total-Count"]) == (200, [], "3")

    def test_of_nothing_have_a_first_and_a_last(self, api: ApiClient) -> None:
        answer = api.get("/types?limit=5")
        assert (answer.json(), answer["X-Total-Count"]) == ([], "0")
        assert offsets(answer) == {"first": 0, "last": 0}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("limit", value) for value in ("0", "-1", "1001", "x", "", "1.0", "1e2", "٣", " 5", "9" * 5000)),
        *(("offset", value) for value in ("-1", "x", "", "1.0", "٣", str(2**62 + 1), "9" * 5000)),
    ],
    ids=lambda value: value[:10],
)
def test_other_numbers_are_refused(api: ApiClient, name: str, value: str) -> None:
    answer = api.get("/parts", {name: value})
    assert answer.status_code == 400
    assert list(answer.json()["details"]["fields"]) == [name]
