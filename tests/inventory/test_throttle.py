"""Guessing passwords at the login page."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from pytest_django import Settings
from rest_framework.authtoken.models import Token

from inventory import environment
from inventory.throttle import client_ip
from tests.plugins.database import queries_of


def log_in(
    password: str, *, username: str = "chief", address: str = "203.0.113.7", client: Client | None = None
) -> Any:
    headers = {"X-Forwarded-For": address, "User-Agent": password}
    body = {"username": username, "password": password}
    return Client().post("/admin/login/?next=/admin/", body, headers=headers)


@pytest.mark.django_db
class TestLogin:
    @pytest.fixture(autouse=True)
    def three(self, superuser: User, settings: Settings) -> None:
        settings.AXES_FAILURE_LIMIT = 3

    def fail(self, times: int) -> list[int]:
        return [log_in(f"guess {number}").status_code for number in range(times)]

    def test_is_closed_after_some_failures_even_for_the_right_password(self) -> None:
        assert self.fail(3) == [200, 200, 429]
        answer = log_in("secret")
        assert answer.status_code == 429
        assert answer["Retry-After"] == "900"
        assert "Too many failed logins; try again in 15 minutes." in answer.content.decode()
        assert answer["Content-Type"].startswith("text/html")

    def test_opens_after_a_while(self, settings: Settings) -> None:
        self.fail(3)
        # The clock is not ours to turn; the failures are then older than what counts.
        from axes.models import AccessAttempt
        from django.utils import timezone

        AccessAttempt.objects.update(attempt_time=timezone.now() - settings.AXES_COOLOFF_TIME)
        assert log_in("secret").status_code == 302

    def test_stays_open_for_others(self) -> None:
        self.fail(4)
        assert log_in("secret", address="203.0.113.8").status_code == 302
        assert log_in("guess", username="somebody").status_code == 200

    def test_is_closed_for_all_addresses_of_a_network_that_one_client_has(self) -> None:
        answers = [log_in("guess", address=f"2001:db8:0:1::{number}").status_code for number in range(3)]
        assert answers == [200, 200, 429]
        assert log_in("secret", address="2001:db8:0:1:a:b:c:d").status_code == 429
        assert log_in("secret", address="2001:db8:0:2::1").status_code == 302

    def test_forgets_failures_after_a_success(self) -> None:
        for _ in range(3):
            assert self.fail(2) == [200, 200]
            assert log_in("secret").status_code == 302

    def test_is_opened_again_by_the_command(self) -> None:
        from django.core.management import call_command

        self.fail(3)
        call_command("axes_reset_username", "chief")
        assert log_in("secret").status_code == 302

    def test_keeps_no_password(self) -> None:
        from axes.models import AccessAttempt

        self.fail(1)
        [attempt] = AccessAttempt.objects.all()
        assert attempt.ip_address == "203.0.113.7"
        assert "guess" not in attempt.post_data


@pytest.mark.django_db
class TestToken:
    def test_takes_one_query_for_the_login_and_is_not_counted(self, superuser: User) -> None:
        client = Client(headers={"Authorization": f"Token {Token.objects.create(user=superuser)}"})
        # The token with its user.
        assert queries_of(lambda: client.get("/api/sellers")) == 1
        wrong = Client(headers={"Authorization": "Token wrong"})
        assert {wrong.get("/api/boxes").status_code for _ in range(12)} == {401}

    def test_is_made_in_the_admin(self, superuser: User) -> None:
        client = Client()
        client.force_login(superuser)
        answer = client.post("/admin/authtoken/tokenproxy/add/", {"user": superuser.pk})
        assert answer.status_code == 302
        token = Token.objects.get(user=superuser)
        assert Client(headers={"Authorization": f"Token {token}"}).get("/api/boxes").status_code == 200


class TestClientAddress:
    @pytest.mark.parametrize(
        ("connection", "forwarded", "expected"),
        [
            ("203.0.113.7", None, "203.0.113.7"),
            ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
            ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
            ("127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
            ("127.0.0.1", "198.51.100.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
            ("::ffff:127.0.0.1", "2001:db8:0:1:2:3:4:5", "2001:db8:0:1::"),
            ("127.0.0.1", "2001:db8:0:1::9, ::ffff:10.0.0.2", "2001:db8:0:1::"),
            ("2001:db8:0:2::1", None, "2001:db8:0:2::"),
            ("::ffff:203.0.113.7", None, "203.0.113.7"),
            ("127.0.0.1", "198.51.100.1, unknown", "127.0.0.1"),
            ("127.0.0.1", "10.0.0.3", "10.0.0.3"),
            ("127.0.0.1", None, "127.0.0.1"),
            ("", None, None),
        ],
    )
    def test_is_the_last_that_is_no_proxy_of_ours(
        self, settings: Settings, connection: str, forwarded: str | None, expected: str | None
    ) -> None:
        settings.TRUSTED_PROXIES = environment.networks("UNSET", ["127.0.0.1", "10.0.0.0/8"])
        headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
        request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=connection)
        assert client_ip(request) == expected
