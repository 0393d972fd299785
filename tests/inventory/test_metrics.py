"""`/metrics`: the figures, for loopback or for whoever has the token."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.test import Client
from prometheus_client import generate_latest
from pytest_django import Settings

from cas.audit import reports
from cas.audit.report_metrics import REGISTRY
from cas.models import CommandReport
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db


def status(address: str = "127.0.0.1", **headers: str) -> int:
    return Client(REMOTE_ADDR=address).get("/metrics", headers=headers).status_code


class TestFigures:
    @pytest.mark.parametrize(
        "name",
        [
            *("attachment_created_total", "attachment_deleted_total", "attachment_upload_duration_seconds"),
            *("attachment_set_cover_changed_total", "cas_requests_total", "cas_response_seconds"),
            *("cas_dedup_hits_total", "cas_thumbnail_cache_total"),
            "django_http_requests_total_by_method_total",
        ],
    )
    def test_are_all_there(self, name: str) -> None:
        answer = Client().get("/metrics")
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/plain")
        assert f"# TYPE {name}" in answer.content.decode()


class TestReports:
    """What `cas_gc` and `cas_check` counted when they ran last: a scrape counts nothing."""

    def figures(self) -> dict[str, float]:
        lines = Client().get("/metrics").content.decode().splitlines()
        pairs = (line.split() for line in lines if line.startswith("cas_") and "{" not in line)
        return {name: float(number) for name, number in pairs}

    def test_are_exported(self) -> None:
        reports.keep(reports.COLLECT, {"purged": 3, "blobs": 40, "bytes": 4000})
        CommandReport.objects.update(finished_at=Now() - timedelta(hours=1))
        reports.keep(reports.CHECK, {"critical": 1, "blobs": 41, "bytes": 4100})
        figures = self.figures()
        assert (figures["cas_gc_purged"], figures["cas_check_critical"]) == (3, 1)
        assert (figures["cas_blobs"], figures["cas_bytes"]) == (41, 4100)
        assert abs(figures["cas_check_finished_timestamp_seconds"] - time.time()) < 600

    def test_are_not_there_before_the_first_run(self) -> None:
        assert not {"cas_blobs", "cas_gc_purged", "cas_check_critical"} & self.figures().keys()

    def test_take_one_query(self) -> None:
        # The first scrape of a process counts the index of the search. Whether the server is ready is looked at beside
        # the reports, as `/health/ready` does.
        generate_latest(REGISTRY)
        assert queries_of(lambda: generate_latest(REGISTRY)) == 1

    def test_go_missing_alone_when_the_database_does(self) -> None:
        def fail(*arguments: Any) -> Any:
            raise OperationalError

        with connection.execute_wrapper(fail):
            answer = Client().get("/metrics")
        assert answer.status_code == 200
        assert b"cas_requests_total" in answer.content

    def test_are_there_with_several_processes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
        reports.keep(reports.COLLECT, {"blobs": 40, "bytes": 4000})
        assert self.figures()["cas_blobs"] == 40


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
