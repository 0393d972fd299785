"""Links, titles, covers and detaching, as the API, the admin and the shell do it."""

from collections.abc import Callable
from typing import Any

import pytest

from attachments import services
from attachments.errors import AttachmentNotFoundError, AttachmentSetNotFoundError, NotAnImageError, NotInSetError
from attachments.models import Attachment, AttachmentSet
from tests.attachments.conftest import TOO_LARGE, images_of
from tests.factories import AttachmentFactory, PartFactory
from tests.plugins.web import Web

pytestmark = pytest.mark.django_db


class TestAttachLink:
    def test_has_an_address_and_no_content(self, set_id: int) -> None:
        attachment = services.attach_link(set_id=set_id, url="https://example.com/1n4148", title=" Shop ")
        attachment.refresh_from_db()
        assert attachment.attachment_type == Attachment.Type.URL
        assert (attachment.url, attachment.title) == ("https://example.com/1n4148", "Shop")
        assert not attachment.has_content

    def test_is_titled_by_its_address_when_the_page_has_no_title(self, set_id: int, web: Web) -> None:
        url = web.serve(f"/{'x' * 300}", "<p>A page</p>")
        assert services.attach_link(set_id=set_id, url=url).title == url[:255]

    def test_needs_a_set_before_anything_is_fetched(self, web: Web) -> None:
        with pytest.raises(AttachmentSetNotFoundError):
            services.attach_link(set_id=TOO_LARGE, url=web.serve("/", "<title>Shop</title>"))
        assert web.requests == []


class TestRename:
    def test_changes_the_title_alone(self) -> None:
        attachment = AttachmentFactory.create(image=True)
        services.rename(set_id=attachment.attachment_set_id, attachment_id=attachment.pk, title=" Rear ")
        renamed = Attachment.objects.get()
        assert (renamed.title, renamed.filename, renamed.position) == ("Rear", attachment.filename, 0)
        assert renamed.updated_at > attachment.updated_at

    def test_does_not_mind_what_an_old_row_has_elsewhere(self) -> None:
        attachment = AttachmentFactory.create(link=True, url="missing:17", filename="two\nlines")
        services.rename(set_id=attachment.attachment_set_id, attachment_id=attachment.pk, title="New")
        assert Attachment.objects.get().title == "New"


class TestChooseCover:
    def choose(self, attachment: Attachment) -> Attachment | None:
        services.choose_cover(set_id=attachment.attachment_set_id, attachment_id=attachment.pk)
        return AttachmentSet.objects.get(pk=attachment.attachment_set_id).cover_attachment

    def test_takes_another_image(self) -> None:
        part = PartFactory.create()
        _, second = images_of(part, 2)
        assert self.choose(second) == second

    def test_takes_an_image_that_is_not_migrated(self) -> None:
        attachment = AttachmentFactory.create(legacy=True)
        assert self.choose(attachment) == attachment

    def test_takes_a_link_with_a_stored_picture(self) -> None:
        blob = AttachmentFactory.create(image=True).blob
        link = AttachmentFactory.create(link=True, blob=blob, content_type="image/png")
        assert self.choose(link) == link

    @pytest.mark.parametrize("trait", ["pdf", "link"])
    def test_refuses_what_has_no_picture(self, trait: str) -> None:
        part = PartFactory.create()
        cover = AttachmentFactory.create(image=True, owner=part)
        other = AttachmentFactory.create(**{trait: True}, owner=part)
        with pytest.raises(NotAnImageError):
            self.choose(other)
        assert AttachmentSet.objects.get().cover_attachment == cover

    def test_clears(self) -> None:
        attachment = AttachmentFactory.create(image=True)
        services.choose_cover(set_id=attachment.attachment_set_id, attachment_id=None)
        assert AttachmentSet.objects.get().cover_attachment is None
        assert Attachment.objects.get() == attachment


class TestDetach:
    def test_deletes_the_row_and_leaves_the_bytes(self, stored: Callable[[], list[str]]) -> None:
        attachment = AttachmentFactory.create(image=True)
        services.detach(set_id=attachment.attachment_set_id, attachment_id=attachment.pk)
        assert not Attachment.objects.exists()
        assert stored() == [attachment.blob_id]


CALLS: dict[str, Callable[[int, int], object]] = {
    "rename": lambda s, a: services.rename(set_id=s, attachment_id=a, title="x"),
    "choose_cover": lambda s, a: services.choose_cover(set_id=s, attachment_id=a),
    "detach": lambda s, a: services.detach(set_id=s, attachment_id=a),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
class TestAddressing:
    """Set and attachment have to belong together."""

    def test_refuses_an_attachment_of_another_set(self, call: Callable[[int, int], Any], set_id: int) -> None:
        other = AttachmentFactory.create(image=True)
        with pytest.raises(NotInSetError):
            call(set_id, other.pk)
        assert Attachment.objects.get().title == other.title

    @pytest.mark.parametrize("unknown", [4711, TOO_LARGE])
    def test_does_not_know(self, call: Callable[[int, int], Any], set_id: int, unknown: int) -> None:
        with pytest.raises(AttachmentNotFoundError):
            call(set_id, unknown)
        with pytest.raises(AttachmentSetNotFoundError):
            call(unknown, AttachmentFactory.create(link=True).pk)
