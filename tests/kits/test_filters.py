"""What a list of kits can be narrowed by."""

import pytest

from tests.conftest import ApiClient
from tests.factories import KitFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kits(db: None) -> None:
    """Two open kits and a closed one."""
    KitFactory.create(name="Radio kit", description="Short wave, 2 bands")
    KitFactory.create(name="Clock kit", description="Nixie, 100 %")
    KitFactory.create(name="Old radio", archived=True)


def found(client: ApiClient, **query: object) -> list[str]:
    """The names of the kits that the query finds."""
    response = client.get("/kits", query)
    assert response.status_code == 200
    return [row["name"] for row in response.json()]


@pytest.mark.parametrize(("status", "expected"), [("active", ["Clock kit", "Radio kit"]), ("archived", ["Old radio"])])
def test_status(api: ApiClient, status: str, expected: list[str]) -> None:
    assert found(api, status=status) == expected


@pytest.mark.parametrize("status", ["lost", "ACTIVE", "nul\x00"])
def test_other_statuses_are_refused(api: ApiClient, status: str) -> None:
    response = api.get("/kits", {"status": status})
    assert response.status_code == 400
    assert list(response.json()["details"]["fields"]) == ["status"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("radio", ["Radio kit", "Old radio"]),
        ("KIT", ["Clock kit", "Radio kit"]),
        ("wave radio", ["Radio kit"]),
        ("nixie radio", []),
        ("100 %", ["Clock kit"]),
        ("_", []),
        (" ", ["Clock kit", "Old radio", "Radio kit"]),
        ("", ["Clock kit", "Old radio", "Radio kit"]),
    ],
)
def test_every_word_stands_somewhere_in_the_kit(api: ApiClient, words: str, expected: list[str]) -> None:
    assert found(api, query=words) == expected


@pytest.mark.parametrize("words", ["x" * 201, "nul\x00", "a " * 2000])
def test_other_texts_are_refused(api: ApiClient, words: str) -> None:
    response = api.get("/kits", {"query": words})
    assert response.status_code == 400
    assert list(response.json()["details"]["fields"]) == ["query"]


def test_filters_narrow_each_other(api: ApiClient) -> None:
    assert found(api, status="active", query="radio") == ["Radio kit"]
