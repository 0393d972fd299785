"""What several processes and servers of one site count together."""

from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from rest_framework.authtoken.models import Token

from inventory.counts import Figures, figures
from tests.factories import PartFactory
from tests.plugins.server import Server, serving

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long]

LIMIT = 60
# The status of this route for "throttled" is the frontend's choice.


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def preview(server: Server, token: Token) -> int:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    # It leads into a private network: refused without a request to anybody, and counted all the same.
    connection.request("POST", "/api/parts/attachment-preview", b'{"url": "http://127.0.0.1:1/"}', headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_limit_of_previews_is_that_of_the_site(superuser: User) -> None:
    token = Token.objects.create(user=superuser)
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(WEB_CONCURRENCY="2")) for _ in range(2)]
        statuses = [preview(servers[number % 2], token) for number in range(LIMIT + 4)]
    assert statuses == [400] * LIMIT + [409] * 4


def test_the_figures_are_those_of_the_site(superuser: User) -> None:
    PartFactory.create_batch(3)
    cache.set("inventory-figures", {"parts": 123456, **dict.fromkeys(sorted(_others()), 0)}, 600)
    client = Client()
    client.force_login(superuser)
    with serving() as server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        session = client.cookies["sessionid"].value
        connection.request("GET", "/admin/", headers={"Cookie": f"sessionid={session}", "Host": "localhost"})
        page = connection.getresponse().read().decode()
        connection.close()
    assert "123456" in page


def test_figures_of_another_version_are_counted_anew() -> None:
    PartFactory.create_batch(3)
    cache.set("inventory-figures", {"parts": 123456, "rockets": 1}, 600)
    assert figures().parts == 3
    assert figures().parts == 3


def _others() -> set[str]:
    return set(Figures.__dataclass_fields__) - {"parts"}
