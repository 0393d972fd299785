"""What happens around every request."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from tests.conftest import ApiClient
from tests.factories import PartFactory

pytestmark = pytest.mark.django_db


class TestCrossSiteWrite:
    """A page of another site cannot make a browser change anything."""

    def create(self, client: Client, **headers: str) -> int:
        answer = client.post("/api/types", {"name": "Resistor"}, "application/json", headers=headers)
        if answer.status_code == 403:
            assert answer.json()["details"]["code"] == "cross_site_request"
        return answer.status_code

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"},
            {"Sec-Fetch-Site": "same-origin"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "http://testserver"},
            {"Origin": "https://testserver"},
            {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
        ],
    )
    def test_own_pages_and_programs_may(self, api: ApiClient, headers: dict[str, str]) -> None:
        assert self.create(api, **headers) == 201

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "same-site", "Origin": "http://other.testserver"},
            {"Origin": "https://evil.example"},
            {"Origin": "http://testserver.evil.example"},
            {"Origin": "http://testserver:8080"},
            {"Origin": "null"},
            {"Origin": ""},
            {"Origin": "http://["},
            {"Origin": "testserver"},
            {"Sec-Fetch-Site": "nonsense"},
        ],
    )
    def test_pages_of_others_may_not(self, api: ApiClient, headers: dict[str, str]) -> None:
        assert self.create(api, **headers) == 403

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "BREW"])
    def test_whatever_the_method(self, api: ApiClient, method: str) -> None:
        answer = api.generic(method, "/api/types", headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403

    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
    def test_reading_is_no_write(self, api: ApiClient, method: str) -> None:
        answer = api.generic(method, "/api/types", headers={"Origin": "https://evil.example"})
        assert answer.status_code < 400 or answer.status_code == 405

    def test_trusted_sites_may(self, api: ApiClient, settings: Settings) -> None:
        settings.CSRF_TRUSTED_ORIGINS = ["https://frontend.example"]
        assert self.create(api, Origin="https://frontend.example") == 201
        assert self.create(api, Origin="http://frontend.example") == 403

    def test_the_login_page_is_no_matter_of_the_api(self) -> None:
        answer = Client().post("/admin/login/", headers={"Origin": "https://evil.example"})
        assert answer.status_code != 403


class TestRequestLog:
    def test_has_the_path_and_not_the_query(self, caplog: pytest.LogCaptureFixture) -> None:
        Client().get("/api/cas/x?thumbnail=150&sig=secret")
        requests = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
        assert {event["request"] for event in requests if "request" in event} == {"GET /api/cas/x"}
        assert "secret" not in caplog.text

    def test_one_request_has_one_id(self, caplog: pytest.LogCaptureFixture) -> None:
        Client().get("/health/live")
        Client().get("/health/live")
        ids = [record.msg["request_id"] for record in caplog.records if isinstance(record.msg, dict)]
        assert len(ids) == 4
        assert len(set(ids)) == 2

    def test_names_the_user_of_the_api(self, superuser: User, caplog: pytest.LogCaptureFixture) -> None:
        client = Client()
        client.force_login(superuser)
        client.get("/api/types")
        finished = [record.msg for record in caplog.records if isinstance(record.msg, dict)][-1]
        assert (finished["event"], finished["code"], finished["user_id"]) == ("request_finished", 200, superuser.pk)


class TestCaching:
    """What says nothing of its own is kept by nobody but the client, and asked for again."""

    @pytest.mark.parametrize(
        "path",
        [
            "/parts",
            "/types",
            "/kits",
            "/boxes",
            "/auth/self",
            "/sellers",
            "/parts/{part}/locations",
            "/parts/{part}/kits",
        ],
    )
    def test_of_lists(self, api: ApiClient, path: str) -> None:
        answer = api.get(path.format(part=PartFactory.create().key))
        assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-cache")

    def test_of_errors_is_left_alone(self, api: ApiClient) -> None:
        assert api.get("/parts/ZZZZ")["Cache-Control"] == "no-store"
