"""Moments: in the zone of the setting on pages, in UTC for programs."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from inventory import environment
from parts.models import Part
from tests.conftest import ApiClient
from tests.factories import KitFactory, PartFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def honolulu(settings: Settings) -> None:
    # Ten hours behind, without summer time.
    settings.TIME_ZONE = "Pacific/Honolulu"


class TestPages:
    def test_show_moments_in_the_zone_with_its_name(self, superuser: User) -> None:
        part = PartFactory.create()
        Part.objects.filter(pk=part.pk).update(created_at=datetime(2026, 3, 1, 5, 30, tzinfo=UTC))
        client = Client()
        client.force_login(superuser)
        page = client.get(f"/admin/parts/part/{part.pk}/change/").content.decode()
        assert "2026-02-28 19:30 HST" in page
        assert "05:30" not in page
        # Each moment of the page, whoever shows it.
        assert {zone for _, zone in re.findall(r"(\d{4}-\d\d-\d\d \d\d:\d\d)(?: ([A-Z]+))?", page)} == {"HST"}

    def test_mean_the_day_of_the_zone_by_today(self, superuser: User) -> None:
        today, yesterday = KitFactory.create(), KitFactory.create()
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        for kit, moment in ((today, midnight), (yesterday, midnight - timedelta(microseconds=1))):
            type(kit).objects.filter(pk=kit.pk).update(created_at=moment)
        client = Client()
        client.force_login(superuser)
        page = client.get("/admin/kits/kit/").content.decode()
        [link] = re.findall(r'href="(\?created_at__gte=[^"]+)"[^>]*>\s*Today', page)
        found = client.get("/admin/kits/kit/" + link.replace("&amp;", "&")).context["cl"].queryset
        assert list(found) == [today]


class TestApi:
    def test_has_utc(self, api: ApiClient) -> None:
        part = PartFactory.create()
        kit = KitFactory.create()
        rows = [api.get(f"/parts/{part.key}").json(), *api.get("/parts").json(), api.get(f"/kits/{kit.pk}").json()]
        assert [row["updated_at"][-1] for row in rows] == ["Z"] * 3
        assert timezone.get_current_timezone_name() == "Pacific/Honolulu"


class TestSetting:
    @pytest.mark.once
    @pytest.mark.parametrize("name", ["Berlin", "Europe/Nowhere", "../../etc/passwd", "/etc/localtime", "UTC+2"])
    def test_that_is_no_zone_is_refused(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        monkeypatch.setenv("TIME_ZONE", name)
        with pytest.raises(ImproperlyConfigured, match="TIME_ZONE must be a time zone such as Europe/Berlin"):
            environment.time_zone("TIME_ZONE")
