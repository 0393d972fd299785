"""What holds of every page: readable with a screen reader, light and dark, wide and narrow; light; no errors."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Page, Response, expect

from attachments import services
from tests.browser.panel import is_shown, tile, until, wait_for_panel
from tests.factories import AttachmentFactory, KitContentFactory, KitFactory, PartFactory, PartTypeFactory, TagFactory
from tests.plugins.files import pdf, picture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once, pytest.mark.long]

SERIOUS = {"serious", "critical"}
EVIL = "<svg onload=alert(1)>"
# What a browser without a cache loads, pictures aside.
PAGE_BYTES = 600_000
PANEL_BYTES = 30_000


def serious_faults(page: Page, *, but: tuple[str, ...] = ()) -> list[str]:
    """What axe-core finds, as text. `but` names selectors of Django's own admin that are not ours to mend."""
    context: Any = {"exclude": [[selector] for selector in but]} if but else None
    found = Axe().run(page, context=context).response["violations"]
    return [
        f"{page.url} {fault['id']}: {node['html'][:150]} {node.get('failureSummary', '')[:200]}"
        for fault in found
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]


class TestEveryPage:
    def test_is_accessible_and_shows_evil_names_as_text(self, open_admin: Callable[..., Page], superuser: User) -> None:
        part = PartFactory.create(description=EVIL, manufacturer_code=EVIL, type=PartTypeFactory.create(name=EVIL))
        part.tags.add(TagFactory.create(name=EVIL))
        AttachmentFactory.create(image=True, owner=part, title=EVIL, content=picture("seagreen", size=(400, 300)))
        sheet = AttachmentFactory.create(pdf=True, owner=part, title="Datasheet")
        kit = KitFactory.create(name=EVIL)
        services.copy(attachment_id=sheet.pk, target_set_id=kit.attachment_set_id)
        change = f"/admin/parts/part/{part.pk}/change/"
        pages = (
            "/admin/",
            "/admin/parts/part/",
            change,
            "/admin/parts/part/add/",
            f"/admin/kits/kit/{kit.pk}/change/",
            f"/admin/attachments/attachment/{sheet.pk}/change/",
        )
        faults: list[str] = []
        for scheme in ("light", "dark"):
            # axe writes styles into the page, which the policy would refuse.
            page = open_admin(superuser, color_scheme=scheme, bypass_csp=True)
            page.on("dialog", lambda dialog: pytest.fail(dialog.message))
            for address in pages:
                page.goto(address)
                if "add" in address or ("change" in address and "/attachment/" not in address):
                    wait_for_panel(page)
                if address == change:
                    expect(tile(page, "Datasheet").get_by_role("link", name=EVIL)).to_be_visible()
                    tile(page, "Datasheet").get_by_role("link", name="Copy").click()
                    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(1)
                # Select2 puts the button that clears a list among its items.
                faults += serious_faults(page, but=("ul.select2-selection__rendered",))
        assert faults == []

    def test_is_accessible_without_the_script_too(
        self, open_admin: Callable[..., Page], superuser: User, expected_errors: list[str]
    ) -> None:
        expected_errors.append("ERR_FAILED")
        part = PartFactory.create()
        AttachmentFactory.create(image=True, owner=part, content=picture("seagreen", size=(400, 300)))
        row = AttachmentFactory.create(pdf=True, owner=part)
        services.detach(set_id=part.attachment_set_id, attachment_id=row.pk)
        faults: list[str] = []
        for scheme in ("light", "dark"):
            page = open_admin(superuser, color_scheme=scheme, bypass_csp=True)
            page.route("**/attachments/panel*.js", lambda route: route.abort())
            page.goto(f"/admin/parts/part/{part.pk}/change/")
            page.locator(".removed summary").click()
            expect(page.get_by_role("checkbox", name="Restore")).to_be_visible()
            faults += serious_faults(page, but=("ul.select2-selection__rendered",))
        assert faults == []

    def test_runs_under_the_policy(self, admin_page: Page) -> None:
        lamp = PartTypeFactory.create(name="Lamp")
        part = PartFactory.create()
        sheet = AttachmentFactory.create(pdf=True, owner=part, title="Datasheet")
        page = admin_page
        page.goto(f"/admin/parts/part/{part.pk}/change/")
        wait_for_panel(page)
        page.get_by_role("combobox", name="Type").click()
        page.get_by_role("option", name="Lamp").click()
        page.get_by_role("button", name="Toggle theme").first.click()
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".messagelist .success")).to_be_visible()
        part.refresh_from_db()
        assert part.type == lamp
        wait_for_panel(page)
        if page.evaluate("navigator.pdfViewerEnabled"):
            tile(page, "Datasheet").get_by_role("link", name="View").click()
            expect(page.locator(f"iframe[src*='{sheet.blob_id}']")).to_be_visible()
        page.goto("/admin/parts/part/")
        page.get_by_role("searchbox").or_(page.get_by_label("Search")).first.fill(part.key)
        page.keyboard.press("Enter")
        expect(page.get_by_role("row").filter(has_text=part.key)).to_be_visible()

    def test_fits_a_phone(self, open_admin: Callable[..., Page], superuser: User) -> None:
        part = PartFactory.create(description="A timer")
        AttachmentFactory.create(image=True, owner=part, content=picture("seagreen", size=(400, 300)))
        page = open_admin(superuser, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
        for address in ("/admin/", "/admin/parts/part/", f"/admin/parts/part/{part.pk}/change/"):
            page.goto(address)
            if "change" in address:
                wait_for_panel(page)
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
        page.get_by_role("link", name="View").tap()
        expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()

    @pytest.mark.parametrize("width", [1280, 390])
    def test_has_no_table_that_is_wider_than_its_place(
        self, open_admin: Callable[..., Page], superuser: User, width: int
    ) -> None:
        content = KitContentFactory.create(note="R1 and R2")
        AttachmentFactory.create(pdf=True, title="one_long_word_" * 12)
        page = open_admin(superuser, viewport={"width": width, "height": 800})
        page.goto(f"/admin/kits/kit/{content.kit_id}/change/")
        wait_for_panel(page)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        rows = page.locator(".tabular")
        assert rows.evaluate("element => element.scrollWidth - element.clientWidth") <= 0
        expect(rows.get_by_label("Note").first).to_have_value("R1 and R2")
        expect(rows.get_by_text(str(content))).to_be_hidden()
        for control in (rows.locator("[name$=DELETE]").first, rows.locator(".inline-deletelink").first):
            control.scroll_into_view_if_needed()
            box = control.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= width
        page.goto("/admin/attachments/attachment/")
        table = page.locator(".results")
        assert table.evaluate("element => element.scrollWidth - element.clientWidth") <= 0
        expect(table.locator(".field-owner")).to_be_visible()
        page.goto("/admin/cas/commandreport/")
        expect(page.get_by_text("one_long_word_" * 12)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

    def test_says_the_same_size_with_and_without_javascript(
        self, open_admin: Callable[..., Page], superuser: User
    ) -> None:
        # Half of a hundred bytes, which not everybody rounds up.
        part = PartFactory.create()
        sheet = AttachmentFactory.create(pdf=True, owner=part, title="Datasheet", content=pdf().ljust(49_250, b"\n"))
        addresses = {
            "part": f"/admin/parts/part/{part.pk}/change/",
            "attachment": f"/admin/attachments/attachment/{sheet.pk}/change/",
            "list": "/admin/attachments/attachment/",
        }
        page, plain = open_admin(superuser), open_admin(superuser, java_script_enabled=False)
        page.goto(addresses["part"])
        wait_for_panel(page)
        expect(tile(page, "Datasheet")).to_contain_text("49.3 kB")
        for address in addresses.values():
            plain.goto(address)
            expect(plain.locator("main")).to_contain_text("49.3\N{NO-BREAK SPACE}kB")

    def test_is_light(self, admin_page: Page) -> None:
        part = PartFactory.create()
        AttachmentFactory.create(image=True, owner=part, content=picture("seagreen", size=(3000, 2000)))
        page = admin_page
        answers: list[Response] = []
        page.on("response", lambda response: answers.append(response))  # noqa: PLW0108
        page.goto(f"/admin/parts/part/{part.pk}/change/")
        wait_for_panel(page)
        # The picture is loaded when it comes into view.
        assert is_shown(page.locator(".tile img").first)
        until(page, lambda: any("/api/cas/" in answer.url for answer in answers))
        sizes = {answer.url: answer.request.sizes()["responseBodySize"] for answer in answers}
        assert sum(sizes.values()) < PAGE_BYTES
        assert sum(size for url, size in sizes.items() if "/static/attachments/" in url) < PANEL_BYTES
        assert max(size for url, size in sizes.items() if "/api/cas/" in url) < 100_000
