"""The attachments of a part, as staff work with them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from attachments import services
from attachments.models import Attachment
from parts.models import Part
from parts.services import update_part
from tests.browser.panel import (
    box,
    drop,
    follow,
    install_clock,
    is_shown,
    open_part,
    press,
    stop_clock,
    tile,
    titles,
    until,
    wait_for_panel,
)
from tests.factories import AttachmentFactory, KitFactory
from tests.plugins.files import BROKEN_PICTURE, picture
from tests.plugins.web import Web

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

EVIL = "<svg onload=alert(1)>"


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
