"""Parts into drawers, on a phone, by keyboard and without JavaScript."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from stock.models import Stock
from tests.browser.test_every_page import serious_faults
from tests.factories import AttachmentFactory, BoxFactory, KitContentFactory, PartFactory, put
from tests.plugins.files import picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


class TestDrawers:
    def test_are_filled_on_a_phone(self, open_admin: Callable[..., Page], superuser: User) -> None:
        BoxFactory.create(number=7, description="Timers")
        part = PartFactory.create(key="ABCD", description="Precise timer")
        AttachmentFactory.create(image=True, owner=part, content=picture("seagreen", size=(400, 300)))
        PartFactory.create(description="Cheap timer")
        page = open_admin(superuser, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
        page.goto("/admin/stock/box/")
        page.get_by_role("link", name="Timers").tap()
        page.get_by_role("link", name="7-3").tap()
        page.get_by_label("Part", exact=True).fill("timer")
        page.get_by_label("Pieces", exact=True).fill("25")
        page.get_by_role("button", name="Put in", exact=True).tap()
        page.get_by_role("button", name="Precise timer").tap()
        expect(page.get_by_text("Put 25 pieces of ABCD into 7-3; 25 pieces there now.")).to_be_visible()
        page.get_by_label("Pieces of ABCD in 7-3, in or out").fill("5")
        page.get_by_role("button", name="Take ABCD out of 7-3").tap()
        expect(page.get_by_text("Took 5 pieces of ABCD out of 7-3.")).to_be_visible()
        for url in ("/admin/", "/admin/stock/box/", page.url, f"/admin/parts/part/{part.pk}/change/"):
            page.goto(url)
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, url
        assert str(Stock.objects.get()) == "20 pieces in 7-3"

    def test_are_filled_by_keyboard_and_without_javascript(
        self, open_admin: Callable[..., Page], superuser: User
    ) -> None:
        BoxFactory.create(number=7)
        PartFactory.create(key="ABCD")
        page = open_admin(superuser, java_script_enabled=False)
        page.goto("/admin/stock/box/7/place/2/")
        # A moment after the page is there.
        expect(page.get_by_label("Part", exact=True)).to_be_focused()
        page.keyboard.type("abcd")
        page.keyboard.press("Tab")
        page.keyboard.type("8")
        page.keyboard.press("Enter")
        expect(page.get_by_text("pieces of ABCD into 7-2")).to_be_visible()
        page.get_by_text("Move", exact=True).first.press("Enter")
        page.get_by_label("To", exact=True).press_sequentially("7-5")
        page.keyboard.press("Enter")
        expect(page.get_by_text("of ABCD from 7-2 to 7-5.")).to_be_visible()

    def test_are_readable_light_and_dark(self, open_admin: Callable[..., Page], superuser: User) -> None:
        part = PartFactory.create(description="<svg onload=alert(1)>")
        put(part, "7-3", 2, note="<b>from the fair</b>")
        KitContentFactory.create(part=part)
        faults: list[str] = []
        for scheme in ("light", "dark"):
            page = open_admin(superuser, color_scheme=scheme, bypass_csp=True)
            page.on("dialog", lambda dialog: pytest.fail(dialog.message))
            for url in (
                f"/admin/stock/box/{part.stock.get().location.box_id}/change/",
                "/admin/stock/box/7/place/3/",
                "/admin/stock/movement/",
                f"/admin/parts/part/{part.pk}/change/",
                "/admin/",
            ):
                page.goto(url)
                faults += serious_faults(page, but=("ul.select2-selection__rendered",))
        assert faults == []
