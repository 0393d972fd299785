"""Looking at a link before it is added, over HTTP."""

from typing import Any
from urllib.parse import quote

import pytest
from django.core.cache import cache

from attachments.api.views.previews import PreviewThrottle
from attachments.models import Attachment
from tests.conftest import ApiClient
from tests.plugins.files import pdf, picture
from tests.plugins.web import Web

pytestmark = pytest.mark.django_db

PATH = "/parts/attachment-preview"


@pytest.fixture(autouse=True)
def unthrottled() -> None:
    """Nobody has looked at anything yet."""
    cache.clear()


def shop(web: Web, name: str = "") -> str:
    web.serve("/photo.jpg", picture(), "image/jpeg")
    return web.serve(f"/{name}", "<title>Shop</title><meta property='og:image' content='/photo.jpg'>")


def image_path(url: str) -> str:
    return f"{PATH}/image?url={quote(url, safe='')}"


class TestPreview:
    def test_of_a_page(self, api: ApiClient, web: Web) -> None:
        url = shop(web)
        response = api.post(PATH, {"url": url})
        assert (response.status_code, response.json()) == (
            200,
            {
                "title": "Shop",
                "original_url": url,
                "image_url": "/api" + image_path(url),
                "content_type": "webpage",
                "notice": None,
            },
        )
        image = api.get(response.json()["image_url"])
        assert (image.status_code, image["Content-Type"], image.content) == (200, "image/jpeg", picture())
        assert web.paths == ["/", "/photo.jpg"]
        assert not Attachment.objects.exists()

    @pytest.mark.parametrize(
        ("name", "data", "kind", "has_image"),
        [("a.pdf", pdf(), "pdf", False), ("a.jpg", picture(), "image", True), ("a", b"<html>x", "webpage", False)],
    )
    def test_tells_what_it_is(
        self, api: ApiClient, web: Web, name: str, data: bytes, kind: str, has_image: bool
    ) -> None:
        url = web.serve(f"/{name}", data)
        body = api.post(PATH, {"url": url}).json()
        assert (body["content_type"], body["image_url"] is not None) == (kind, has_image)
        assert body["title"] == (name if kind != "webpage" else url)

    def test_says_when_a_document_was_expected(self, api: ApiClient, web: Web) -> None:
        body = api.post(PATH, {"url": web.serve("/a.pdf", "<title>Log in</title>")}).json()
        assert body["notice"].startswith("A PDF was expected")

    @pytest.mark.parametrize("url", ["http://169.254.169.254/", "http://unknown.test/", "https://[::1]/"])
    def test_of_what_cannot_be_fetched_is_one_sentence(self, api: ApiClient, web: Web, url: str) -> None:
        sentence = {"error": "Nothing could be fetched from this address.", "details": {"code": "cannot_fetch"}}
        for response, status in ((api.post(PATH, {"url": url}), 400), (api.get(image_path(url)), 422)):
            assert (response.status_code, response.json()) == (status, sentence)

    def test_needs_an_address(self, api: ApiClient) -> None:
        for response in (api.post(PATH, {}), api.get(f"{PATH}/image")):
            assert (response.status_code, list(response.json()["details"]["fields"])) == (400, ["url"])


class TestImage:
    def test_can_do_no_harm(self, api: ApiClient, web: Web) -> None:
        response = api.get(image_path(shop(web)))
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response["Cache-Control"] == "private, max-age=60"

    def test_that_does_not_exist_is_not_found(self, api: ApiClient, web: Web) -> None:
        response = api.get(image_path(web.serve("/", "<title>Shop</title>")))
        assert (response.status_code, response.json()["error"]) == (404, "There is no picture for this address.")

    def test_is_not_fetched_for_a_page_of_another_site(self, api: ApiClient, web: Web) -> None:
        url = shop(web)
        assert api.get(image_path(url), headers={"Sec-Fetch-Site": "cross-site"}).status_code == 404
        assert web.requests == []
        assert api.get(image_path(url), headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
        assert api.get(image_path(url), headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


class TestAccess:
    @pytest.mark.parametrize(("client", "status"), [("anonymous", 401), ("reader", 403)])
    def test_is_for_those_who_may_add(self, request: pytest.FixtureRequest, web: Web, client: str, status: int) -> None:
        visitor: ApiClient = request.getfixturevalue(client)
        url = shop(web)
        assert visitor.post(PATH, {"url": url}).status_code == status
        assert visitor.get(image_path(url)).status_code == status
        assert web.requests == []


class TestRate:
    @pytest.fixture(autouse=True)
    def three(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(PreviewThrottle, "rate", "3/hour", raising=False)

    def test_is_limited(self, api: ApiClient, web: Web) -> None:
        url = shop(web)
        assert [api.post(PATH, {"url": url}).status_code for _ in range(2)] == [200, 200]
        assert api.get(image_path(url)).status_code == 200
        for response, status in ((api.post(PATH, {"url": url}), 409), (api.get(image_path(url)), 429)):
            assert response.status_code == status
            assert response.json() == {
                "error": "Too many requests; try again later.",
                "details": {"code": "throttled"},
            }
            assert 0 < int(response["Retry-After"]) <= 3600

    def test_is_one_for_each_person(
        self, api: ApiClient, web: Web, django_user_model: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url = shop(web)
        assert [api.post(PATH, {"url": url}).status_code for _ in range(4)] == [200, 200, 200, 409]
        other = ApiClient()
        other.force_login(django_user_model.objects.create_superuser("second", "", "secret"))
        assert other.post(PATH, {"url": url}).status_code == 200
