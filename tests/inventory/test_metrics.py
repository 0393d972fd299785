"""`/metrics`: the figures, for loopback or for whoever has the token."""

import pytest
from django.test import Client
from pytest_django import Settings

pytestmark = pytest.mark.django_db


def status(address: str = "127.0.0.1", **headers: str) -> int:
    return Client(REMOTE_ADDR=address).get("/metrics", headers=headers).status_code


class TestFigures:
    @pytest.mark.parametrize(
        "name",
        [
            "attachment_created_total",
            "attachment_deleted_total",
            "attachment_upload_duration_seconds",
            "attachment_set_cover_changed_total",
            "cas_requests_total",
            "cas_response_seconds",
            "cas_dedup_hits_total",
            "cas_thumbnail_cache_total",
            "django_http_requests_total_by_method_total",
        ],
    )
    def test_are_all_there(self, name: str) -> None:
        answer = Client().get("/metrics")
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/plain")
        assert f"# TYPE {name}" in answer.content.decode()


class TestWithoutToken:
    @pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1"])
    def test_loopback_may(self, address: str) -> None:
        assert status(address) == 200

    @pytest.mark.parametrize("address", ["192.168.1.2", "8.8.8.8", "fe80::1", ""])
    def test_others_may_not(self, address: str) -> None:
        assert status(address) == 403

    def test_nor_may_others_behind_a_proxy_of_the_same_machine(self) -> None:
        assert status(**{"X-Forwarded-For": "8.8.8.8"}) == 403
        assert status(Forwarded="for=8.8.8.8") == 403


class TestWithToken:
    @pytest.fixture(autouse=True)
    def token(self, settings: Settings) -> None:
        settings.METRICS_TOKEN = "a token"

    def test_who_has_it_may_from_anywhere(self) -> None:
        assert status("8.8.8.8", Authorization="Bearer a token") == 200

    @pytest.mark.parametrize("sent", ["", "Bearer", "Bearer ", "Bearer wrong", "Bearer a toke", "Basic a token", "é"])
    def test_nobody_else_may_loopback_included(self, sent: str) -> None:
        assert status(Authorization=sent) == 403
        assert status() == 403
