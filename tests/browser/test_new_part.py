"""A new part with its files: the form is saved first, then the files are sent one by one."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import Page, Route, expect

from attachments.models import Attachment
from kits.models import Kit
from parts.models import Part
from tests.browser.panel import drop, is_shown, paste, tile, titles, until, wait_for_panel
from tests.factories import PartFactory, PartTypeFactory
from tests.plugins.files import pdf, picture
from tests.plugins.web import Web

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

ADD = "/admin/parts/part/add/"


def begin(page: Page, description: str = "") -> None:
    """Open the form for a new part."""
    page.goto(ADD)
    wait_for_panel(page)
    if description:
        page.get_by_label("Description").fill(description)


class TestMakingAPart:
    def test_with_three_photos_a_datasheet_from_the_web_and_a_cover(
        self, admin_page: Page, files: dict[str, Path], expected_errors: list[str], web: Web
    ) -> None:
        expected_errors.append("status of 400")  # the refused form
        page = admin_page
        begin(page)
        page.locator("[data-part=chooser]").set_input_files([files["front.jpg"], files["back.png"]])
        drop(page, ("dropped.jpg", "image/jpeg", picture("plum")))
        page.get_by_label("Web address").fill(web.serve("/ne555.pdf", pdf("NE555"), "application/pdf"))
        page.get_by_label("Web address").press("Enter")
        paste(page, text=web.serve("/page", "<title>Its maker</title>"))
        expect(page.locator(".tile-upload")).to_have_count(5)
        expect(tile(page, "front.jpg").get_by_role("button", name="Cover")).to_have_attribute("aria-pressed", "true")
        tile(page, "back.png").get_by_role("button", name="Cover").click()

        # A fault in the form costs no file.
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".errorlist")).to_contain_text("This field is required")
        expect(page.locator(".tile-upload")).to_have_count(5)
        page.get_by_label("Description").fill("Precision timer")
        page.get_by_role("button", name="Save and continue editing").click()

        expect(page.locator(".messagelist .success")).to_contain_text("was added")
        wait_for_panel(page)
        expect(titles(page)).to_have_count(5)
        for title in ("front.jpg", "back.png", "dropped.jpg", "ne555.pdf"):
            assert is_shown(tile(page, title).get_by_role("img", name=title))
        expect(tile(page, "back.png").locator(".tile-badge")).to_be_visible()
        cover = Part.objects.get().attachment_set.cover_attachment
        assert cover is not None
        assert cover.filename == "back.png"
        assert Attachment.objects.get(title="Its maker").attachment_type == "url"
        assert Attachment.objects.get(title="ne555.pdf").attachment_type == "pdf"
        expect(tile(page, "ne555.pdf").get_by_role("link", name="Source")).to_be_visible()

    def test_one_after_the_other_by_keyboard(self, admin_page: Page) -> None:
        resistor = PartTypeFactory.create(name="Resistor")
        page = admin_page
        page.goto(f"{ADD}?type={resistor.pk}")
        wait_for_panel(page)
        expect(page.get_by_label("Description")).to_be_focused()
        page.keyboard.type("10 kΩ")
        paste(page, ("image.png", "image/png", picture("red", form="PNG")))
        expect(page.locator(".tile-upload")).to_have_count(1)
        page.keyboard.press("Control+Enter")
        expect(page.locator(".messagelist .success")).to_contain_text("10 kΩ")
        wait_for_panel(page)
        expect(page.get_by_label("Description")).to_be_focused()
        page.keyboard.type("22 kΩ")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".messagelist .success")).to_contain_text("22 kΩ")
        assert list(Part.objects.order_by("id").values_list("description", "type__name")) == [
            ("10 kΩ", "Resistor"),
            ("22 kΩ", "Resistor"),
        ]
        assert Attachment.objects.get().attachment_type == "image"

    def test_says_which_file_was_refused_and_goes_on_without_it(
        self, admin_page: Page, files: dict[str, Path], expected_errors: list[str]
    ) -> None:
        expected_errors.append("status of 400")
        page = admin_page
        begin(page, "A part")
        page.locator("[data-part=chooser]").set_input_files([files["front.jpg"], files["notes.png"]])
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".errornote")).to_contain_text("Saved, but not with every file")
        expect(page.locator(".tile-upload .tile-error:visible")).to_contain_text("The picture is damaged")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("row").filter(has_text="A part")).to_be_visible()
        assert Part.objects.count() == 1
        assert Attachment.objects.get().filename == "front.jpg"


class TestGoingBack:
    def test_after_adding_and_saving_again_makes_no_second_part(
        self, admin_page: Page, expected_errors: list[str]
    ) -> None:
        expected_errors.append("status of 400")
        page = admin_page
        begin(page, "A part")
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".messagelist .success")).to_contain_text("was added")
        page.go_back()
        wait_for_panel(page)
        page.get_by_label("Description").fill("A part, once more")
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".errorlist")).to_contain_text("This form was saved already")
        expect(page.get_by_label("Description")).to_have_value("A part, once more")
        page.get_by_role("link", name="Open what was saved").click()
        wait_for_panel(page)
        expect(page.get_by_label("Description")).to_have_value("A part")
        assert Part.objects.count() == 1


class TestASessionThatEnded:
    def test_is_said_before_the_form_is_sent_and_nothing_is_lost(
        self, open_admin: Callable[..., Page], superuser: User, files: dict[str, Path]
    ) -> None:
        # The server does not know the quick hasher of the tests.
        superuser.password = PBKDF2PasswordHasher().encode("secret", "salt")
        superuser.save()
        page = open_admin(superuser)
        begin(page, "A part")
        page.locator("[data-part=chooser]").set_input_files(files["front.jpg"])
        Session.objects.all().delete()
        save = page.get_by_role("button", name="Save and continue editing")
        save.click()
        note = page.locator(".errornote")
        expect(note).to_contain_text("Your login has ended. Nothing was sent")
        with page.context.expect_page() as opened:
            note.get_by_role("link", name="Log in in another tab").click()
        other = opened.value
        other.get_by_label("Username").fill(superuser.username)
        other.get_by_label("Password").fill("secret")
        other.get_by_role("button", name="Log in").click()
        expect(other.get_by_role("button", name="Log out")).to_be_visible()
        expect(page.get_by_label("Description")).to_have_value("A part")
        save.click()
        expect(page.locator(".messagelist .success")).to_contain_text("was added")
        wait_for_panel(page)
        expect(titles(page)).to_have_text(["front.jpg"])

        # A page that exists, and a form without a panel.
        for address, label in ((page.url, "Description"), ("/admin/parts/tag/add/", "Name")):
            page.goto(address)
            page.get_by_label(label).fill("typed")
            Session.objects.all().delete()
            page.get_by_role("button", name="Save", exact=True).click()
            expect(page.locator(".errornote")).to_contain_text("Your login has ended")
            expect(page.get_by_label(label)).to_have_value("typed")
            login(page, superuser)


def login(page: Page, user: User) -> None:
    """In this browser, as in another tab."""
    # A login may have renewed the hash of the password, by which a session knows whose it is.
    user.refresh_from_db()
    session = Client()
    session.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": session.cookies[name].value, "url": urljoin(page.url, "/")}])


class TestTheOrder:
    def test_is_that_of_choosing(self, admin_page: Page) -> None:
        page = admin_page
        begin(page, "A part")
        # The first takes the server longest.
        names = ["large.png", "middle.jpg", "small.jpg", "sheet.pdf", "last.jpg"]
        drop(page, ("large.png", "image/png", picture("goldenrod", size=(4000, 3000), form="PNG")))
        drop(page, ("middle.jpg", "image/jpeg", picture("seagreen", size=(1500, 1500))))
        drop(page, ("small.jpg", "image/jpeg", picture("steelblue", size=(10, 10))))
        drop(page, ("sheet.pdf", "application/pdf", pdf("NE555")))
        drop(page, ("last.jpg", "image/jpeg", picture("plum")))
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".messagelist .success")).to_contain_text("was added")
        wait_for_panel(page)
        expect(titles(page)).to_have_text(names)
        assert [row.filename for row in Part.objects.get().attachment_set.attachments.in_order()] == names


class TestWhatIsTypedAfterSaving:
    def test_is_saved_too_when_a_file_was_refused(
        self, admin_page: Page, files: dict[str, Path], expected_errors: list[str]
    ) -> None:
        expected_errors.append("status of 400")
        page = admin_page
        begin(page, "A part")
        page.locator("[data-part=chooser]").set_input_files(files["notes.png"])
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".errornote")).to_contain_text("Saved, but not with every file")
        page.get_by_label("Manufacturer:", exact=True).fill("Northbridge")
        # Another button than before: it is the one that counts.
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator(".messagelist .success").last).to_contain_text("was changed successfully")
        expect(page.get_by_role("row").filter(has_text="A part")).to_be_visible()
        assert Part.objects.get().manufacturer == "Northbridge"

    def test_is_saved_too_while_files_are_being_sent(self, admin_page: Page, files: dict[str, Path]) -> None:
        page = admin_page
        begin(page)
        held: list[Route] = []
        page.route("**/attachments", lambda route: held.append(route))  # noqa: PLW0108  (Playwright wants a function)
        page.get_by_label("Description").fill("A part")
        page.locator("[data-part=chooser]").set_input_files(files["front.jpg"])
        page.get_by_role("button", name="Save and continue editing").click()
        until(page, lambda: len(held) == 1)
        page.get_by_label("Description").fill("A better part")
        held[0].continue_()
        expect(page.locator(".messagelist .success").last).to_contain_text("A better part")
        wait_for_panel(page)
        expect(titles(page)).to_have_text(["front.jpg"])
        assert Part.objects.get().description == "A better part"

    def test_leaves_the_rows_of_a_kit_as_they_were_saved(
        self, admin_page: Page, files: dict[str, Path], expected_errors: list[str]
    ) -> None:
        expected_errors.append("status of 400")
        part = PartFactory.create(description="Precision timer")
        page = admin_page
        page.goto("/admin/kits/kit/add/")
        wait_for_panel(page)
        page.get_by_label("Name").fill("Blinking lamp")
        row = page.locator(".inline-related:not(.empty-form), tr.form-row:not(.empty-form)").first
        row.locator(".select2").click()
        page.get_by_role("option", name="Precision timer").click()
        row.get_by_role("spinbutton").fill("3")
        page.locator("[data-part=chooser]").set_input_files(files["notes.png"])
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".errornote")).to_contain_text("Saved, but not with every file")
        expect(page.get_by_text("To change these rows, save and continue editing.")).to_be_visible()
        page.get_by_label("Name").fill("Blinking light")
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".messagelist .success").last).to_contain_text("Blinking light")
        kit = Kit.objects.get()
        assert [(row.part, row.required_per_unit) for row in kit.contents.all()] == [(part, 3)]


class TestAPhone:
    def test_offers_the_camera_and_needs_no_sideways_scrolling(
        self, open_admin: Callable[..., Page], superuser: User, files: dict[str, Path]
    ) -> None:
        page = open_admin(superuser, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
        begin(page, "A part")
        with page.expect_file_chooser() as camera:
            page.get_by_role("button", name="Take a photo").tap()
        assert camera.value.element.get_attribute("capture") == "environment"
        camera.value.set_files(files["front.jpg"])
        page.locator("[data-part=chooser]").set_input_files(files["back.png"])
        page.get_by_role("button", name="Save and continue editing").tap()
        expect(page.locator(".messagelist .success")).to_contain_text("was added")
        wait_for_panel(page)
        expect(titles(page)).to_have_count(2)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
