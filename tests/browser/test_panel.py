"""The attachments of a part, as staff work with them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, Route, expect

from attachments import services
from attachments.models import Attachment
from parts.models import Part
from parts.services import update_part
from tests.browser.panel import (
    box,
    drop,
    install_clock,
    is_shown,
    paste,
    stop_clock,
    tile,
    titles,
    until,
    wait_for_panel,
)
from tests.factories import AttachmentFactory, KitFactory, PartFactory
from tests.plugins.files import BROKEN_PICTURE, heic, pdf, picture
from tests.plugins.web import Web

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

EVIL = "<svg onload=alert(1)>"


@pytest.fixture
def part(transactional_db: None) -> Part:
    """With two pictures, Front and Back, and a datasheet."""
    part = PartFactory.create(description="A timer")
    for title, colour in (("Front", "seagreen"), ("Back", "goldenrod")):
        AttachmentFactory.create(image=True, owner=part, title=title, content=picture(colour, size=(600, 400)))
    AttachmentFactory.create(pdf=True, owner=part, title="Datasheet")
    return part


def open_part(page: Page, part: Part) -> None:
    page.goto(f"/admin/parts/part/{part.pk}/change/")
    wait_for_panel(page)


def press(page: Page, title: str, button: str) -> None:
    tile(page, title).get_by_role("button", name=button).click()


def follow(page: Page, title: str, link: str) -> None:
    tile(page, title).get_by_role("link", name=link).click()


class TestATile:
    def test_is_renamed_covered_viewed_replaced_and_copied(  # noqa: PLR0915  (one visit of one person)
        self, admin_page: Page, part: Part, files: dict[str, Path], expected_errors: list[str]
    ) -> None:
        expected_errors.append("status of 409")
        kit = KitFactory.create(name="Blinking lamp")
        page = admin_page
        install_clock(page)
        open_part(page, part)
        expect(tile(page, "Front").locator(".tile-badge")).to_be_visible()

        # Rename in place: Escape leaves it, Enter saves, and the page's form is not sent.
        tile(page, "Back").get_by_title("Rename").click()
        page.keyboard.type("Nothing")
        page.keyboard.press("Escape")
        tile(page, "Back").get_by_title("Rename").click()
        page.keyboard.type(EVIL)
        page.keyboard.press("Enter")
        expect(titles(page).nth(1)).to_have_text(EVIL)
        expect(titles(page).nth(1)).to_be_focused()

        press(page, EVIL, "Cover")
        expect(tile(page, EVIL).locator(".tile-badge")).to_be_visible()
        expect(tile(page, "Front").locator(".tile-badge")).to_be_hidden()

        follow(page, "Front", "View")
        viewer = page.get_by_role("dialog")
        expect(viewer.get_by_role("heading")).to_have_text("Front")
        assert is_shown(viewer.locator("img"))
        page.keyboard.press("ArrowRight")
        expect(viewer.get_by_role("heading")).to_have_text(EVIL)
        page.keyboard.press("ArrowLeft")
        expect(viewer.get_by_role("heading")).to_have_text("Front")
        page.keyboard.press("Escape")
        expect(viewer).to_be_hidden()
        expect(tile(page, "Front").get_by_role("link", name="View")).to_be_focused()

        # Another file, the same title, place and cover.
        with page.expect_file_chooser() as chooser:
            press(page, EVIL, "Replace")
        chooser.value.set_files(files["front.jpg"])
        expect(tile(page, EVIL).locator(".tile-facts").first).to_contain_text("8.2 kB")
        expect(page.locator("[data-part=status]")).to_have_text(f"“{EVIL}” has a new file.")
        expect(titles(page)).to_have_text(["Front", EVIL, "Datasheet"])
        expect(tile(page, EVIL).locator(".tile-badge")).to_be_visible()

        # The old file is still there.
        press(page, EVIL, "Undo the replacement")
        expect(tile(page, EVIL).locator(".tile-facts").first).not_to_contain_text("8.2 kB")
        expect(tile(page, EVIL).get_by_role("link", name="View")).to_be_focused()
        expect(tile(page, EVIL).get_by_role("button", name="Undo the replacement")).to_be_hidden()
        expect(tile(page, EVIL).locator(".tile-badge")).to_be_visible()
        assert Attachment.objects.get(title=EVIL).filename != "front.jpg"

        # Copied to a kit that is found by its name; twice is pointed out.
        for answer in ("Copied to Blinking lamp.", None):
            follow(page, EVIL, "Copy to")
            copier = page.get_by_role("dialog")
            with page.expect_response("**/owners/?q=blinking*"):
                copier.get_by_role("searchbox").fill("blinking")
            expect(copier.get_by_role("listitem")).to_have_count(1)
            if answer is not None:
                # It is shown for some seconds only.
                stop_clock(page)
            page.keyboard.press("ArrowDown")
            page.keyboard.press("Enter")
            if answer is None:
                expect(copier.get_by_role("status")).to_contain_text("is here already")
            else:
                expect(page.locator("[data-part=status]")).to_have_text(answer)
                message = page.locator("[data-part=status]")
                assert box(message)["height"] > 10
                page.locator(".submit-row").scroll_into_view_if_needed()
                assert box(message)["y"] + box(message)["height"] < box(page.locator(".submit-row"))["y"]
                page.clock.resume()
        page.keyboard.press("Escape")
        expect(tile(page, EVIL).get_by_role("link", name="Blinking lamp")).to_be_visible()
        assert Attachment.objects.get(attachment_set=kit.attachment_set).title == EVIL

    def test_is_deleted_only_after_ten_seconds_or_when_the_page_is_left(self, admin_page: Page, part: Part) -> None:
        page = admin_page
        install_clock(page)
        open_part(page, part)
        stop_clock(page)
        press(page, "Front", "Delete")
        expect(tile(page, "Front")).to_contain_text("Deleted in 10 s")
        expect(page.get_by_role("button", name="Undo")).to_be_focused()
        page.clock.run_for(5_000)
        expect(tile(page, "Front")).to_contain_text("Deleted in 5 s")
        page.keyboard.press("Enter")
        expect(tile(page, "Front").get_by_role("button", name="Delete")).to_be_focused()
        page.clock.run_for(20_000)
        assert Attachment.objects.count() == 3

        press(page, "Front", "Delete")
        page.clock.run_for(10_000)
        expect(titles(page)).to_have_text(["Back", "Datasheet"])
        expect(tile(page, "Back").get_by_role("link", name="View")).to_be_focused()
        expect(tile(page, "Back").locator(".tile-badge")).to_be_visible()

        press(page, "Datasheet", "Delete")
        page.goto("/admin/parts/part/")
        until(page, lambda: Attachment.objects.count() == 1)
        open_part(page, part)
        expect(titles(page)).to_have_text(["Back"])

        # Both come back, with place and cover.
        removed = page.locator(".removed")
        removed.locator("summary").click()
        expect(removed.locator(".removed-title")).to_have_text(["Datasheet", "Front"])
        removed.get_by_role("button", name="Restore Front").click()
        expect(tile(page, "Front").get_by_role("link", name="View")).to_be_focused()
        expect(tile(page, "Front").locator(".tile-badge")).to_be_visible()
        removed.get_by_role("button", name="Restore Datasheet").click()
        expect(removed).to_be_hidden()
        open_part(page, part)
        expect(titles(page)).to_have_text(["Front", "Back", "Datasheet"])

    def test_is_renamed_and_deleted_from_its_picture_by_keyboard(self, admin_page: Page, part: Part) -> None:
        page = admin_page
        open_part(page, part)
        tile(page, "Front").get_by_role("link", name="View").focus()
        page.keyboard.press("F2")
        page.keyboard.type("From the front")
        page.keyboard.press("Enter")
        expect(tile(page, "From the front").get_by_title("Rename")).to_be_focused()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Delete")
        expect(tile(page, "From the front")).to_contain_text("Deleted in")
        page.keyboard.press("Enter")
        expect(tile(page, "From the front").get_by_role("button", name="Delete")).to_be_focused()


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


class TestTheOrder:
    def test_is_changed_by_buttons_by_dragging_and_by_kind(self, admin_page: Page, part: Part) -> None:
        page = admin_page
        open_part(page, part)
        press(page, "Front", "Move behind")
        expect(titles(page)).to_have_text(["Back", "Front", "Datasheet"])
        tile(page, "Datasheet").drag_to(tile(page, "Back"), target_position={"x": 10, "y": 80})
        expect(titles(page)).to_have_text(["Datasheet", "Back", "Front"])
        expect(page.locator("[data-part=status]")).to_have_text("“Datasheet” is number 1 of 3 now.")
        with page.expect_response(lambda response: response.request.method == "PATCH"):
            tile(page, "Back").get_by_label("Kind of Back").select_option("pinout")
        assert [row.title for row in part.attachment_set.attachments.in_order()] == ["Datasheet", "Back", "Front"]
        assert Attachment.objects.get(title="Back").kind == "pinout"

    def test_of_many_is_one_of_sections(self, admin_page: Page, part: Part) -> None:
        page = admin_page
        for number in range(12):
            AttachmentFactory.create(image=True, owner=part, title=f"Photo {number}")
        open_part(page, part)
        sections = page.locator(".tile-section > summary")
        expect(sections).to_have_text(["Datasheets · 1", "Photos · 14"])
        expect(tile(page, "Datasheet")).to_be_visible()
        expect(tile(page, "Photo 3")).to_be_hidden()
        # The viewer goes through them as they stand on the page.
        if page.evaluate("navigator.pdfViewerEnabled"):
            follow(page, "Datasheet", "View")
            expect(page.locator("[data-part=viewer-place]")).to_have_text("1 of 15")
            page.get_by_role("dialog").get_by_role("button", name="Close").click()
        sections.nth(1).click()
        expect(tile(page, "Photo 3")).to_be_visible()
        tile(page, "Photo 3").get_by_label("Kind of Photo 3").select_option("drawing")
        expect(sections).to_have_text(["Datasheets · 1", "Drawings · 1", "Photos · 13"])


class TestTheLayout:
    def test_leaves_a_tile_its_picture_beside_an_error(
        self, admin_page: Page, part: Part, expected_errors: list[str]
    ) -> None:
        expected_errors.append("status of 400")
        page = admin_page
        open_part(page, part)
        drop(page, ("notes.png", "image/png", BROKEN_PICTURE))
        error = page.locator(".tile-upload .tile-error:visible")
        expect(error).to_contain_text("The picture is damaged")
        expect(error).not_to_contain_text("notes.png")  # It stands above.
        refused, kept = (box(page.locator(f"{which} .tile-picture").first) for which in (".tile-upload", ".tile"))
        assert refused["height"] == kept["height"]
        assert box(error)["y"] + box(error)["height"] <= box(page.locator(".tile-upload .upload-actions"))["y"]
        words = error.evaluate(
            "p => { const range = new Range(); range.selectNodeContents(p); return range.getBoundingClientRect().toJSON(); }"
        )
        assert words["x"] == refused["x"]
        assert box(error)["height"] - words["height"] < 10

    def test_has_no_glaring_mats_in_the_dark(
        self, open_admin: Callable[..., Page], superuser: User, part: Part
    ) -> None:
        page = open_admin(superuser, color_scheme="dark")
        open_part(page, part)
        mats = page.locator(".tile-picture").evaluate_all(
            "mats => mats.flatMap(mat => getComputedStyle(mat).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number))"
        )
        assert len(mats) == 9
        assert max(mats) < 80

    def test_begins_the_copier_s_results_under_its_search_box(self, admin_page: Page, part: Part) -> None:
        KitFactory.create(name="Blinking lamp")
        page = admin_page
        open_part(page, part)
        follow(page, "Front", "Copy to")
        copier = page.get_by_role("dialog")
        expect(copier.get_by_role("listitem")).to_have_count(1)
        search = box(copier.get_by_role("searchbox"))
        assert box(copier.get_by_role("list"))["x"] == search["x"]
        copier.get_by_role("searchbox").fill("nobody is called so")
        expect(copier.get_by_role("status")).to_have_text("Nothing found.")
        assert box(copier.get_by_role("status"))["x"] == search["x"]


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


class TestASessionThatEnded:
    def test_is_said_and_mended_in_another_tab(
        self, admin_page: Page, part: Part, superuser: User, expected_errors: list[str]
    ) -> None:
        expected_errors.append("status of 401")
        page = admin_page
        open_part(page, part)
        Session.objects.all().delete()
        # The server does not know the quick hasher of the tests.
        superuser.password = PBKDF2PasswordHasher().encode("secret", "salt")
        superuser.save()
        drop(page, ("red.jpg", "image/jpeg", picture("red")))
        red = tile(page, "red.jpg")
        expect(red).to_contain_text("You are no longer logged in. Log in in another tab, then try again.")
        with page.context.expect_page() as opened:
            red.get_by_role("link", name="Log in").click()
        other = opened.value
        other.get_by_label("Username").fill(superuser.username)
        other.get_by_label("Password").fill("secret")
        other.get_by_role("button", name="Log in").click()
        expect(other.get_by_role("button", name="Log out")).to_be_visible()
        red.get_by_role("button", name="Try again").click()
        expect(titles(page)).to_have_text(["Front", "Back", "Datasheet", "red.jpg"])
        # The form was made before the new login.
        page.get_by_label("Description").fill("A better timer")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".messagelist .success")).to_contain_text("A better timer")


class TestAListThatIsShownAnew:
    def test_leaves_alone_what_somebody_is_at(self, admin_page: Page, part: Part) -> None:
        page = admin_page
        install_clock(page)
        open_part(page, part)
        stop_clock(page)
        press(page, "Datasheet", "Delete")
        tile(page, "Back").get_by_title("Rename").click()
        page.keyboard.type("From behind")
        front = Attachment.objects.get(title="Front")
        services.rename(set_id=part.attachment_set_id, attachment_id=front.pk, title="From the front")
        drop(page, ("red.jpg", "image/jpeg", picture("red")))
        expect(tile(page, "red.jpg").get_by_role("link", name="View")).to_be_visible()
        expect(tile(page, "From the front")).to_be_visible()
        expect(tile(page, "Datasheet")).to_contain_text("Deleted in 10 s")
        expect(page.get_by_label("Title of Back")).to_have_value("From behind")
        expect(page.get_by_label("Title of Back")).to_be_focused()
        page.keyboard.press("Enter")
        expect(tile(page, "From behind").get_by_title("Rename")).to_be_focused()
        assert Attachment.objects.filter(title="From behind").exists()


class TestTwoTabs:
    def test_tell_each_other_what_is_gone(self, admin_page: Page, part: Part, expected_errors: list[str]) -> None:
        expected_errors.append("status of 404")
        page = admin_page
        open_part(page, part)
        first = Attachment.objects.get(title="Front")
        services.detach(set_id=part.attachment_set_id, attachment_id=first.pk)
        tile(page, "Front").get_by_title("Rename").click()
        page.keyboard.type("Too late")
        page.keyboard.press("Enter")
        expect(page.locator("[data-part=status]")).to_have_text("“Front” was deleted by somebody else.")
        expect(titles(page)).to_have_text(["Back", "Datasheet"])
        expect(tile(page, "Back").locator(".tile-badge")).to_be_visible()
        # A save of a page that is older than what somebody else has changed says who changed what.
        page.get_by_label("Description").fill("Typed here")
        update_part(Part.objects.get(), description="From elsewhere")
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".errorlist")).to_contain_text("A command changed description from “A timer” to")
        expect(page.get_by_label("Description")).to_have_value("Typed here")
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".messagelist .success")).to_contain_text("Typed here")
        wait_for_panel(page)
        # Saving an old page changes nothing that was not touched in it.
        services.rename(
            set_id=part.attachment_set_id, attachment_id=Attachment.objects.get(title="Back").pk, title="New"
        )
        page.get_by_role("button", name="Save and continue editing").click()
        wait_for_panel(page)
        expect(titles(page)).to_have_text(["New", "Datasheet"])


class TestViewOnlyStaff:
    def test_see_everything_and_can_change_nothing(
        self, open_admin: Callable[..., Page], viewer: User, part: Part
    ) -> None:
        page = open_admin(viewer)
        open_part(page, part)
        assert is_shown(tile(page, "Front").get_by_role("img", name="Front"))
        expect(tile(page, "Front").get_by_role("link", name="Download")).to_be_visible()
        for name in ("Cover", "Delete", "Copy", "Replace", "Rename", "Add"):
            expect(page.locator("#attachments").get_by_role("button", name=name)).to_have_count(0)
        expect(page.get_by_role("button", name="Save")).to_have_count(0)
        drop(page, ("red.jpg", "image/jpeg", picture("red")))
        expect(page.locator(".tile-upload")).to_have_count(0)
        follow(page, "Front", "View")
        expect(page.get_by_role("dialog")).to_be_visible()


class TestWithoutJavaScript:
    def test_attachments_are_put_in_order_and_saved(
        self, open_admin: Callable[..., Page], superuser: User, part: Part
    ) -> None:
        page = open_admin(superuser, java_script_enabled=False)
        page.goto(f"/admin/parts/part/{part.pk}/change/")
        page.get_by_label("Place of Datasheet").fill("1")
        page.get_by_label("Kind of Back").select_option("pinout")
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".messagelist")).to_contain_text("“Datasheet” was moved.")
        assert [row.title for row in part.attachment_set.attachments.in_order()] == ["Datasheet", "Front", "Back"]
        assert Attachment.objects.get(title="Back").kind == "pinout"
        with page.expect_download() as download:
            page.get_by_role("link", name="Download: Datasheet").click()
        assert download.value.suggested_filename == Attachment.objects.get(title="Datasheet").filename
        # Nothing is offered that only the script does.
        for name in ("Rename", "Move", "Cover", "Delete", "Replace", "Add address", "Undo"):
            expect(page.locator("#attachments").get_by_role("button", name=name)).to_have_count(0)

    def test_the_plain_form_does_all_of_it(
        self, open_admin: Callable[..., Page], superuser: User, part: Part, files: dict[str, Path], web: Web
    ) -> None:
        kit = KitFactory.create(name="Blinking lamp")
        page = open_admin(superuser, java_script_enabled=False)
        page.goto(f"/admin/parts/part/{part.pk}/change/")
        front, back, sheet = (page.locator(".tile").nth(place) for place in range(3))
        front.get_by_role("textbox").fill("Seen from the front")
        back.get_by_role("radio", name="Cover").check()
        sheet.get_by_role("checkbox", name="Delete").check()
        front.locator("summary").click()
        front.get_by_label("Another file").set_input_files(files["front.jpg"])
        page.get_by_label("Add files").set_input_files([files["back.png"], files["notes.png"], files["label.jpg"]])
        page.get_by_label("Add a link").fill(web.serve("/page", "<title>Its maker</title>"))
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".messagelist .error")).to_contain_text("“notes.png”: The picture is damaged")
        names = [row.title for row in part.attachment_set.attachments.in_order()]
        assert names == ["Seen from the front", "Back", "back.png", "label.jpg", "Its maker"]
        part.attachment_set.refresh_from_db()
        assert part.attachment_set.cover_attachment == Attachment.objects.get(title="Back")
        assert Attachment.objects.get(title="Seen from the front").filename == "front.jpg"

        # What was deleted and what was replaced come back as they were.
        page.locator(".removed summary").click()
        for row in page.locator(".removed li").all():
            row.get_by_role("checkbox", name="Restore").check()
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".messagelist")).to_contain_text("“Datasheet” was restored.")
        assert Attachment.objects.get(title="Seen from the front").filename != "front.jpg"

        page.locator(".tile").nth(1).get_by_role("link", name="Copy to").click()
        page.get_by_role("searchbox").fill("lamp")
        page.get_by_role("button", name="Search").click()
        page.get_by_label("Blinking lamp").check()
        page.get_by_role("button", name="Copy", exact=True).click()
        expect(page.locator(".messagelist")).to_contain_text("1 attachment was copied.")
        assert Attachment.objects.get(attachment_set=kit.attachment_set).title == "Back"
