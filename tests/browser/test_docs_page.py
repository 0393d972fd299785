"""The page that describes the API, with files of our own only."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


class TestDocsPage:
    def test_lists_the_operations_and_tries_one(self, admin_page: Page) -> None:
        page = admin_page
        addresses: list[str] = []
        page.on("request", lambda request: addresses.append(request.url))
        page.goto("/api/docs")
        expect(page.get_by_role("heading", name="Inventory").first).to_be_visible()
        expect(page.locator(".opblock-summary").filter(has_text="/api/parts/{key}").first).to_be_visible()
        page.locator("#operations-types-create_type").click()
        page.get_by_role("button", name="Try it out").click()
        page.locator("#operations-types-create_type textarea").fill('{"name": "Timer"}')
        page.get_by_role("button", name="Execute").click()
        expect(page.locator(".live-responses-table tbody .response-col_status").first).to_contain_text("201")
        assert {address.split("/")[2] for address in addresses if address.startswith("http")} == {
            page.url.split("/")[2]
        }
