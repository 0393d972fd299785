"""Files on their way into the panel: added, pointed out, waited for, refused."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from attachments import services
from attachments.models import Attachment
from parts.models import Part
from tests.browser.panel import (
    drop,
    follow,
    is_shown,
    open_part,
    paste,
    press,
    tile,
    titles,
    until,
    wait_for_panel,
)
from tests.factories import AttachmentFactory, KitFactory, PartFactory
from tests.plugins.files import BROKEN_PICTURE, heic, pdf, picture
from tests.plugins.web import Web

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


class TestWhatIsThereAlready:
    def test_is_pointed_out_and_not_doubled(
        self, admin_page: Page, part: Part, expected_errors: list[str], web: Web
    ) -> None:
        expected_errors.append("status of 409")
        other = PartFactory.create(manufacturer_code="NE556")
        AttachmentFactory.create(pdf=True, owner=other, content=pdf("Both timers"))
        services.attach_link(set_id=part.attachment_set_id, url="https://example.com/a", title="Its maker")
        page = admin_page
        open_part(page, part)
        drop(page, ("again.jpg", "image/jpeg", picture("seagreen", size=(600, 400))))
        expect(page.locator(".tile-upload")).to_contain_text("This file is here already, as “Front”.")
        page.get_by_role("button", name="Show it").click()
        expect(tile(page, "Front").get_by_role("link", name="View")).to_be_focused()
        expect(titles(page)).to_have_count(4)

        paste(page, text="https://example.com/a")
        expect(page.get_by_role("alert").filter(has_text="as “Its maker”")).to_be_visible()
        page.get_by_label("Web address").fill("javascript:alert(1)")
        page.get_by_role("button", name="Add address").click()
        expect(page.get_by_role("alert").filter(has_text="This is no web address")).to_be_visible()

        # A page that cannot be reached is no attachment, unless somebody wants the bare link.
        expected_errors.append("status of 422")
        gone = web.route("/gone", lambda exchange: exchange.send(status=503))
        page.get_by_label("Web address").fill(gone)
        page.get_by_role("button", name="Add address").click()
        expect(page.locator(".tile-upload .tile-error:visible")).to_contain_text("Nothing could be fetched")
        page.get_by_role("button", name="Add the link anyway").click()
        expect(tile(page, gone)).to_contain_text("Only the link was kept.")

        drop(page, ("both.pdf", "application/pdf", pdf("Both timers")))
        expect(tile(page, "both.pdf").get_by_role("link", name="NE556")).to_be_visible()


class TestFilesOfEveryKind:
    @pytest.mark.full_browser
    def test_of_a_kit_are_added_in_one_go_shown_and_saved(self, admin_page: Page) -> None:
        page = admin_page
        kit = KitFactory.create(name="Weather station")
        page.goto(f"/admin/kits/kit/{kit.pk}/change/")
        wait_for_panel(page)
        gerbers = b"PK\x03\x04" + b"<script>document.title = 'harmed'</script>"
        drop(
            page,
            ("gerbers.zip", "application/zip", gerbers),
            ("housing.step", "", b"ISO-10303-21;"),
            ("logo.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
            ("IMG_0001.HEIC", "image/heic", heic()),
            ("PXL_0002.jpg", "image/jpeg", picture()),
            ("datasheet.pdf", "application/pdf", pdf()),
        )
        names = ["gerbers.zip", "housing.step", "logo.svg", "IMG_0001.HEIC", "PXL_0002.jpg", "datasheet.pdf"]
        expect(titles(page)).to_have_text(names)
        expect(page.locator("[data-part=status]")).to_have_text("6 files were added.")
        kinds = kit.attachment_set.attachments.in_order().values_list("attachment_type", flat=True)
        assert list(kinds) == ["file", "file", "file", "image", "image", "pdf"]
        for name in names:
            assert is_shown(tile(page, name).locator("img"))

        # What is neither picture nor PDF is saved, bit for bit, and the page stays.
        for name, content in (("gerbers.zip", gerbers), ("housing.step", b"ISO-10303-21;")):
            with page.expect_download() as download:
                follow(page, name, "Save")
            assert download.value.suggested_filename == name
            assert download.value.path().read_bytes() == content

        # The viewer passes over them, and shows a photo that no browser can.
        follow(page, "IMG_0001.HEIC", "View")
        viewer = page.get_by_role("dialog")
        assert is_shown(viewer.locator("img"))
        expect(viewer.locator("[data-part=viewer-place]")).to_have_text("1 of 3")
        page.keyboard.press("Escape")
        with page.expect_download() as download:
            tile(page, "IMG_0001.HEIC").locator("[data-part=download]").click()
        assert download.value.path().read_bytes() == heic()
        expect(tile(page, "IMG_0001.HEIC").locator(".tile-badge")).to_be_visible()

    def test_get_names_by_which_they_are_found(self, admin_page: Page, files: dict[str, Path]) -> None:
        page = admin_page
        open_part(page, PartFactory.create())
        # Browsers call every picture of the clipboard so.
        pasted = (("image.png", "image/png", picture(colour, form="PNG")) for colour in ("red", "blue"))
        paste(page, *pasted)
        moment = r"pasted \d{4}-\d\d-\d\d \d\d\.\d\d\.\d\d"
        expect(titles(page)).to_have_text([re.compile(f"^{moment} {number}\\.png$") for number in (1, 2)])

        # A tile that is called after its file is called after the new one.
        drop(page, ("old.jpg", "image/jpeg", picture("plum")))
        with page.expect_file_chooser() as chooser:
            press(page, "old.jpg", "Replace")
        chooser.value.set_files(files["front.jpg"])
        expect(page.locator("[data-part=status]")).to_have_text("“front.jpg” has a new file.")
        expect(titles(page).nth(2)).to_have_text("front.jpg")


class TestABadLine:
    def test_shows_progress_waits_its_turn_fails_and_tries_again(
        self, admin_page: Page, part: Part, expected_errors: list[str]
    ) -> None:
        expected_errors += ["ERR_FAILED", "status of 500"]
        page = admin_page
        open_part(page, part)
        held: list[Route] = []
        is_slow = True
        page.route("**/attachments", lambda route: held.append(route) if is_slow else route.continue_())
        colours = ("red", "green", "blue", "navy", "plum")
        drop(page, *((f"{colour}.jpg", "image/jpeg", picture(colour)) for colour in colours))
        # One is sent at a time; the others wait.
        expect(page.locator(".tile-upload progress:visible")).to_have_count(1)
        expect(tile(page, "navy.jpg")).to_contain_text("Waiting")
        tile(page, "plum.jpg").get_by_role("button", name="Cancel").click()
        expect(page.locator(".tile-upload")).to_have_count(4)
        until(page, lambda: len(held) == 1)
        held[0].abort()
        expect(tile(page, "red.jpg")).to_contain_text("The server does not answer")
        until(page, lambda: len(held) == 2)
        held[1].fulfill(status=500, json={"error": "The file storage does not answer.", "details": {"code": "x"}})
        expect(tile(page, "green.jpg")).to_contain_text("The file storage does not answer.")
        until(page, lambda: len(held) == 3)
        is_slow = False
        held[2].continue_()
        expect(titles(page)).to_contain_text(["blue.jpg", "navy.jpg"])
        for title in ("red.jpg", "green.jpg"):
            tile(page, title).get_by_role("button", name="Try again").click()
        expect(page.locator(".tile-upload")).to_have_count(0)
        names = ["Front", "Back", "Datasheet", "blue.jpg", "navy.jpg", "red.jpg", "green.jpg"]
        expect(titles(page)).to_have_text(names)
        assert [row.title for row in part.attachment_set.attachments.in_order()] == names

    def test_shows_that_saving_waits_and_saves_with_the_pressed_button(self, admin_page: Page, part: Part) -> None:
        page = admin_page
        open_part(page, part)
        held: list[Route] = []
        page.route("**/attachments", lambda route: held.append(route))  # noqa: PLW0108  (Playwright wants a function)
        drop(page, ("red.jpg", "image/jpeg", picture("red")))
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".submit-row")).to_contain_text("Saving once the files are sent.")
        for name in ("Save", "Save and continue editing"):
            expect(page.get_by_role("button", name=name, exact=True)).to_be_disabled()
        until(page, lambda: len(held) == 1)
        held[0].continue_()
        expect(page.locator(".messagelist .success")).to_contain_text("You may edit it again below")
        wait_for_panel(page)
        expect(titles(page)).to_have_text(["Front", "Back", "Datasheet", "red.jpg"])


class TestRefusedFiles:
    def test_are_told_of_before_the_page_is_left_each_time(
        self, admin_page: Page, part: Part, expected_errors: list[str]
    ) -> None:
        expected_errors.append("status of 400")
        page = admin_page
        open_part(page, part)
        save = page.get_by_role("button", name="Save", exact=True)
        note = page.locator(".errornote")
        drop(page, ("notes.png", "image/png", BROKEN_PICTURE))
        save.click()
        expect(note).to_contain_text("Some files could not be added")
        tile(page, "notes.png").get_by_role("button", name="Remove").click()
        expect(note).to_have_count(0)
        for name in ("more.png", "others.png"):
            drop(page, (name, "image/png", BROKEN_PICTURE + name.encode()))
            save.click()
            expect(note).to_contain_text("Some files could not be added")
            expect(tile(page, name)).to_contain_text("The picture is damaged")
            expect(tile(page, name).get_by_role("button")).to_have_text(["Remove"])
        save.click()
        expect(page.locator(".messagelist .success")).to_contain_text("was changed successfully")
        assert Attachment.objects.count() == 3
