"""The attachments section of a part's page, as the server sees it; `tests/browser` has it as a person does."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from attachments import services
from attachments.models import Attachment
from attachments.services.files import replace_file
from parts.models import Part
from tests.factories import PartFactory
from tests.plugins.faults import Faults
from tests.plugins.files import BROKEN_PICTURE, picture

pytestmark = pytest.mark.django_db(transaction=True)

SavePart = Callable[..., Any]
Make = Callable[..., SimpleUploadedFile]

EVIL = "<svg onload=alert(1)>"


def messages(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def attach(part: Part, upload: SimpleUploadedFile, title: str = "") -> Attachment:
    return services.attach_file(set_id=part.attachment_set_id, upload=upload, title=title)


def titles(part: Part) -> list[str]:
    return [row.title for row in Attachment.objects.filter(attachment_set=part.attachment_set).in_order()]


def tiles(html: str) -> list[str]:
    return re.findall(r'<li class="tile(?: tile-cover)?".*?</li>', html, re.DOTALL)


def offered(html: str) -> set[str]:
    return set(re.findall(r'data-action="([a-z-]+)"', html))


class TestAddPage:
    def test_takes_several_files_with_the_new_part(
        self, chief: Client, save_part: SavePart, photo: Make, datasheet: Make
    ) -> None:
        save_part(chief, files=[photo("red", "front.jpg"), photo("blue", "back.jpg"), datasheet()])
        part = Part.objects.get()
        assert titles(part) == ["front.jpg", "back.jpg", "datasheet.pdf"]
        cover = part.attachment_set.cover_attachment
        assert cover is not None
        assert cover.title == "front.jpg"

    def test_names_the_bad_file_and_keeps_the_others(self, chief: Client, save_part: SavePart, photo: Make) -> None:
        text = SimpleUploadedFile("notes.png", BROKEN_PICTURE)
        response = save_part(chief, files=[photo(name="good.jpg"), text, photo("blue", "too.jpg")])
        assert titles(Part.objects.get()) == ["good.jpg", "too.jpg"]
        assert any("notes.png" in message and "The picture is damaged" in message for message in messages(response))

    def test_keeps_the_form_when_a_file_is_too_large(
        self, chief: Client, save_part: SavePart, photo: Make, settings: Any
    ) -> None:
        settings.MAX_IMAGE_BYTES = 100_000
        large = SimpleUploadedFile("large.jpg", picture() + b"\0" * 200_000)
        response = save_part(
            chief, files=[large, photo(name="good.jpg")], link_url="https://example.com/page", link_title="Shop"
        )
        assert titles(Part.objects.get()) == ["good.jpg", "Shop"]
        assert any("large.jpg" in message and "0.1 MB" in message for message in messages(response))

    def test_a_refused_part_shows_its_fault_and_leaves_nothing(
        self, chief: Client, save_part: SavePart, photo: Make, stored: Callable[[], list[str]]
    ) -> None:
        response = chief.post("/admin/parts/part/add/", {"description": "", "attachments-files": [photo()]})
        assert response.status_code == 200
        assert "This field is required" in response.content.decode()
        assert not Part.objects.exists()
        assert stored() == []


class TestChangePage:
    def test_renames_chooses_the_cover_and_deletes(
        self, chief: Client, save_part: SavePart, photo: Make, datasheet: Make
    ) -> None:
        part = PartFactory.create()
        first, second = attach(part, photo("red", "a.jpg")), attach(part, photo("blue", "b.jpg"))
        sheet = attach(part, datasheet())
        save_part(
            chief,
            part,
            cover=str(second.pk),
            **{
                f"title_{first.pk}": "Front",
                f"title_{second.pk}": "b.jpg",
                f"title_{sheet.pk}": "datasheet.pdf",
                f"delete_{sheet.pk}": "on",
            },
        )
        part.attachment_set.refresh_from_db()
        assert titles(part) == ["Front", "b.jpg"]
        assert part.attachment_set.cover_attachment_id == second.pk

    def test_leaves_alone_what_others_chose_meanwhile(self, chief: Client, photo: Make) -> None:
        part = PartFactory.create()
        rows = [attach(part, photo(colour, f"{colour}.jpg")) for colour in ("red", "green", "blue")]
        address = f"/admin/parts/part/{part.pk}/change/"
        inputs = re.findall(r"<input[^>]*>", chief.get(address).content.decode())
        shown = {f"attachments-kind-{row.pk}": "photo" for row in rows}
        shown |= {f"initial-{name}": value for name, value in shown.items()}
        for tag in inputs:
            if found := re.search(r'name="((?:initial-)?attachments-(?:(?:place|title)-\d+|cover))"', tag):
                value = re.search(r'value="([^"]*)"', tag)
                if 'type="radio"' not in tag or "checked" in tag:
                    shown[found[1]] = value[1] if value else ""
        assert len(shown) == 20
        services.move(set_id=part.attachment_set_id, attachment_id=rows[2].pk, position=0)
        services.choose_kind(set_id=part.attachment_set_id, attachment_id=rows[0].pk, kind="pinout")
        services.rename(set_id=part.attachment_set_id, attachment_id=rows[1].pk, title="Back")
        services.choose_cover(set_id=part.attachment_set_id, attachment_id=rows[1].pk)
        chief.post(address, {"description": "Another", "_continue": "1", **shown})
        assert Part.objects.get().description == "Another"
        assert titles(part) == ["blue.jpg", "red.jpg", "Back"]
        part.attachment_set.refresh_from_db()
        assert part.attachment_set.cover_attachment_id == rows[1].pk
        rows[0].refresh_from_db()
        assert rows[0].kind == "pinout"

    def test_points_out_a_file_that_is_there_already(
        self, chief: Client, save_part: SavePart, photo: Make, datasheet: Make
    ) -> None:
        part = PartFactory.create()
        front, sheet = attach(part, photo(name="a.jpg"), "Front view"), attach(part, datasheet())
        response = save_part(chief, part, files=[photo(name="b.jpg"), photo("blue", "back.jpg")])
        assert "“b.jpg”: This file is here already, as “Front view”." in messages(response)
        assert "“back.jpg” was added." in messages(response)
        assert "“b.jpg” was added." not in messages(response)
        response = save_part(chief, part, **{f"replace_{sheet.pk}": photo(name="b.jpg")})
        assert f"“{sheet.title}”: This file is here already, as “Front view”." in messages(response)
        sheet.refresh_from_db()
        assert titles(part) == ["Front view", sheet.title, "back.jpg"]
        assert sheet.blob_id != front.blob_id

    def test_a_wrong_address_is_shown_with_the_form(self, chief: Client, save_part: SavePart) -> None:
        part = PartFactory.create()
        response = save_part(chief, part, link_url="javascript:alert(1)")
        assert "Enter a valid URL" in response.content.decode()
        assert titles(part) == []

    def test_says_when_the_storage_is_down_and_saves_the_rest(
        self, chief: Client, save_part: SavePart, photo: Make, faults: Faults
    ) -> None:
        faults.fail("publish")
        response = save_part(chief, files=[photo(name="lost.jpg")])
        assert Part.objects.count() == 1
        assert not Attachment.objects.exists()
        assert any("lost.jpg" in message and "storage does not answer" in message for message in messages(response))

    def test_shows_a_deleted_attachment_as_a_message(self, chief: Client, save_part: SavePart, photo: Make) -> None:
        part = PartFactory.create()
        image = attach(part, photo())
        page = f"/admin/parts/part/{part.pk}/change/"
        assert image.title in chief.get(page).content.decode()
        services.detach(set_id=part.attachment_set_id, attachment_id=image.pk)
        response = save_part(chief, part, **{f"title_{image.pk}": "Late"})
        assert response.status_code == 200
        assert titles(part) == []


class TestWhatThePanelShows:
    """The list of attachments alone, for the page's script."""

    def test_is_what_the_page_shows(self, chief: Client, photo: Make, datasheet: Make) -> None:
        part = PartFactory.create()
        attach(part, photo(), EVIL)
        attach(part, datasheet())
        page = chief.get(f"/admin/parts/part/{part.pk}/change/").content.decode()
        response = chief.get(f"/admin/parts/part/{part.pk}/attachments/")
        shown = response.content.decode()
        assert tiles(shown) == tiles(page)
        assert len(tiles(page)) == 2
        assert {"private", "no-store"} <= set(response.headers["Cache-Control"].split(", "))

    def test_is_for_those_who_may_see_the_page(self, staff: Callable[..., Client], client: Client) -> None:
        address = f"/admin/parts/part/{PartFactory.create().pk}/attachments/"
        assert client.get(address).status_code == 302
        assert staff("kits.view_kit").get(address).status_code == 403

    def test_offers_nothing_to_those_who_may_only_see_it(self, staff: Callable[..., Client], photo: Make) -> None:
        part = PartFactory.create()
        image = attach(part, photo())
        viewer = staff("parts.view_part", "attachments.change_attachment", "attachments.delete_attachment")
        shown = viewer.get(f"/admin/parts/part/{part.pk}/attachments/").content.decode()
        assert image.title in shown
        assert offered(shown) == {"view"}
        assert viewer.get("/admin/parts/part/0/attachments/").status_code == 404

    def test_can_still_be_changed_on_a_page_that_was_refused(self, chief: Client, photo: Make) -> None:
        part = PartFactory.create()
        attach(part, photo())
        # The script sends nothing of the panel.
        page = chief.post(f"/admin/parts/part/{part.pk}/change/", {"description": ""}).content.decode()
        assert "This field is required" in page
        assert offered(page) >= {"rename", "delete", "replace", "copy", "cover"}

    @pytest.mark.parametrize("may_change", [False, True])
    def test_has_a_way_back_for_those_who_may_go_it(
        self, staff: Callable[..., Client], photo: Make, may_change: bool
    ) -> None:
        part = PartFactory.create()
        replaced, deleted = attach(part, photo("red", "a.jpg")), attach(part, photo("blue", "b.jpg"))
        replace_file(set_id=part.attachment_set_id, attachment_id=replaced.pk, upload=photo("green", "c.jpg"))
        services.detach(set_id=part.attachment_set_id, attachment_id=deleted.pk)
        change = ["attachments.change_attachment"] if may_change else []
        client = staff("parts.view_part", "parts.change_part", "attachments.add_attachment", *change)
        shown = client.get(f"/admin/parts/part/{part.pk}/attachments/").content.decode()
        assert len(re.findall(r'name="attachments-restore-', shown)) == (2 if may_change else 1)
        assert ("undo-replace" in offered(shown)) == may_change


class TestPermissions:
    def test_view_only_staff_see_and_change_nothing(
        self, staff: Callable[..., Client], save_part: SavePart, photo: Make
    ) -> None:
        part = PartFactory.create()
        image = attach(part, photo())
        client = staff("parts.view_part")
        page = client.get(f"/admin/parts/part/{part.pk}/change/").content.decode()
        assert image.title in page
        assert "attachments-files" not in page
        assert f"attachments-title-{image.pk}" not in page
        assert save_part(client, part, files=[photo("blue")]).status_code == 403
        assert titles(part) == [image.title]

    def test_who_may_change_the_part_only_leaves_its_attachments_alone(
        self, staff: Callable[..., Client], save_part: SavePart, photo: Make
    ) -> None:
        part = PartFactory.create()
        image = attach(part, photo())
        client = staff("parts.view_part", "parts.change_part")
        save_part(
            client,
            part,
            files=[photo("blue")],
            cover="",
            link_url="https://example.com",
            **{f"title_{image.pk}": "Mine", f"delete_{image.pk}": "on"},
        )
        part.attachment_set.refresh_from_db()
        assert titles(part) == [image.title]
        assert part.attachment_set.cover_attachment_id == image.pk


class TestDeletePage:
    def test_lists_the_attachments_that_go_too(self, chief: Client, photo: Make) -> None:
        part = PartFactory.create()
        attach(part, photo(), "Front view")
        page = chief.get(f"/admin/parts/part/{part.pk}/delete/").content.decode()
        assert "Front view" in page
        assert "Attachments: 1" in page
        assert "This cannot be undone." in page
        chief.post(f"/admin/parts/part/{part.pk}/delete/", {"post": "yes"})
        assert not Attachment.objects.exists()
        assert not Part.objects.exists()

    def test_of_several_says_too_that_they_go_for_good(self, chief: Client) -> None:
        part = PartFactory.create()
        chosen = {"action": "delete_selected", "_selected_action": str(part.pk)}
        assert "This cannot be undone." in chief.post("/admin/parts/part/", chosen).content.decode()

    def test_asks_for_their_permission(self, staff: Callable[..., Client], photo: Make) -> None:
        part = PartFactory.create()
        attach(part, photo())
        client = staff("parts.view_part", "parts.delete_part")
        page = client.get(f"/admin/parts/part/{part.pk}/delete/").content.decode()
        assert "your account doesn't have permission" in page.replace("&#x27;", "'")
        assert client.post(f"/admin/parts/part/{part.pk}/delete/", {"post": "yes"}).status_code == 403
        assert Part.objects.filter(pk=part.pk).exists()


class TestEscaping:
    def test_of_names_everywhere(self, chief: Client, photo: Make) -> None:
        part = PartFactory.create(description=EVIL, manufacturer_code=EVIL)
        image = attach(part, photo(name="x.jpg"), EVIL)
        for page in (
            "/admin/parts/part/",
            f"/admin/parts/part/{part.pk}/change/",
            f"/admin/parts/part/{part.pk}/delete/",
            "/admin/attachments/attachment/",
            f"/admin/attachments/attachment/{image.pk}/change/",
            f"/admin/cas/blob/{image.blob_id}/change/",
        ):
            html = chief.get(page).content.decode()
            assert EVIL not in html, page
            assert "&lt;svg onload" in html, page
