"""A part with pictures and a datasheet, as staff make it without a line of JavaScript of ours."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from attachments import services
from attachments.models import Attachment
from parts.models import Part
from tests.factories import PartFactory
from tests.plugins.files import picture

pytestmark = pytest.mark.django_db(transaction=True)


def tile(page: Page, title: str) -> Locator:
    """The tile of an attachment, found by what its picture is called."""
    return page.locator(".tile").filter(has=page.get_by_role("img", name=title, exact=True))


def is_shown(image: Locator) -> bool:
    """Whether the browser really got a picture."""
    image.scroll_into_view_if_needed()
    expect(image).to_have_js_property("complete", True)
    return bool(image.evaluate("image => image.naturalWidth > 0"))


class TestMakingAPart:
    def test_with_two_photos_and_a_datasheet(self, admin_page: Page, files: dict[str, Path]) -> None:
        page = admin_page
        page.goto("/admin/parts/part/add/")
        page.get_by_label("Description").fill("Precision timer")
        page.get_by_label("Add files").set_input_files([files["front.jpg"], files["back.png"], files["datasheet.pdf"]])
        page.get_by_role("button", name="Save and continue editing").click()

        expect(page.locator(".tile")).to_have_count(3)
        expect(tile(page, "front.jpg").get_by_label("Cover")).to_be_checked()
        for title in ("front.jpg", "back.png", "datasheet.pdf"):
            assert is_shown(tile(page, title).get_by_role("img"))

        tile(page, "back.png").get_by_label("Cover").check()
        tile(page, "front.jpg").get_by_role("textbox").fill("Seen from the front")
        page.get_by_role("button", name="Save", exact=True).click()

        row = page.get_by_role("row").filter(has_text="Precision timer")
        assert is_shown(row.get_by_role("presentation").or_(row.locator("img.cover")).first)
        cover = Part.objects.get().attachment_set.cover_attachment
        assert cover is not None
        assert cover.filename == "back.png"
        assert str(cover.blob_id) in (row.locator("img.cover").get_attribute("src") or "")
        assert Attachment.objects.filter(title="Seen from the front").exists()

    def test_and_deleting_it_with_its_attachments(self, admin_page: Page) -> None:
        part = PartFactory.create(description="To be deleted")
        services.attach_link(set_id=part.attachment_set_id, url="https://example.com/", title="Its maker")
        page = admin_page
        page.goto(f"/admin/parts/part/{part.pk}/change/")
        page.get_by_role("link", name="Delete").click()
        expect(page.get_by_text("Its maker")).to_be_visible()
        page.get_by_role("button", name="Yes, I’m sure").click()
        expect(page.get_by_text("was deleted successfully")).to_be_visible()
        assert not Part.objects.exists()
        assert not Attachment.objects.exists()


class TestABadFile:
    def test_is_named_among_good_ones(self, admin_page: Page, files: dict[str, Path]) -> None:
        page = admin_page
        page.goto("/admin/parts/part/add/")
        page.get_by_label("Description").fill("A part")
        page.get_by_label("Add files").set_input_files([files["front.jpg"], files["notes.png"], files["back.png"]])
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".messagelist .error")).to_contain_text("“notes.png”: This is text.")
        expect(page.locator(".tile")).to_have_count(2)
        expect(page.get_by_label("Description")).to_have_value("A part")


class TestViewOnlyStaff:
    def test_see_everything_and_can_change_nothing(
        self, open_admin: Callable[..., Page], viewer: User, tmp_path: Path
    ) -> None:
        part = PartFactory.create(description="Look at me")
        from django.core.files.base import ContentFile

        services.attach_file(set_id=part.attachment_set_id, upload=ContentFile(picture(), "front.jpg"))
        page = open_admin(viewer)
        page.goto(f"/admin/parts/part/{part.pk}/change/")
        expect(page.get_by_text("Look at me").first).to_be_visible()
        assert is_shown(tile(page, "front.jpg").get_by_role("img"))
        expect(page.locator("#attachments input")).to_have_count(0)
        expect(page.get_by_role("button", name="Save")).to_have_count(0)
        expect(page.get_by_role("link", name="Delete")).to_have_count(0)


class TestAPhone:
    def test_shows_the_tiles_without_scrolling_sideways(
        self, open_admin: Callable[..., Page], superuser: User, files: dict[str, Path]
    ) -> None:
        page = open_admin(superuser, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
        page.goto("/admin/parts/part/add/")
        page.get_by_label("Description").fill("A part")
        page.get_by_label("Add files").set_input_files([files["front.jpg"], files["back.png"]])
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.locator(".tile")).to_have_count(2)
        sideways = page.evaluate("document.querySelector('#attachments').scrollWidth - innerWidth")
        assert sideways <= 0
