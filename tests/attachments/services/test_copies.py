"""The same content in another set."""

from collections.abc import Callable

import pytest

from attachments import services
from attachments.errors import AttachmentNotFoundError, AttachmentSetNotFoundError, NotAnImageError
from attachments.models import Attachment, AttachmentSet
from tests.attachments.conftest import TOO_LARGE
from tests.factories import AttachmentFactory, KitFactory
from tests.plugins.faults import Faults

pytestmark = pytest.mark.django_db


class TestCopy:
    def copy(self, source: Attachment, set_id: int, **options: bool) -> Attachment:
        row = services.copy(attachment_id=source.pk, target_set_id=set_id, **options)
        row.refresh_from_db()
        return row

    def test_has_everything_but_the_place(self, set_id: int) -> None:
        AttachmentFactory.create(link=True, owner=KitFactory.create())
        source = AttachmentFactory.create(image=True, title="Front")
        services.attach_link(set_id=set_id, url="https://example.com/", title="Shop")
        copy = self.copy(source, set_id)
        same = ("title", "attachment_type", "filename", "content_type", "file_size", "blob_id", "url", "legacy_key")
        assert [getattr(copy, name) for name in same] == [getattr(source, name) for name in same]
        assert (copy.attachment_set_id, copy.position) == (set_id, 1)
        assert copy.pk != source.pk

    def test_moves_no_bytes(self, set_id: int, faults: Faults, stored: Callable[[], list[str]]) -> None:
        source = AttachmentFactory.create(pdf=True)
        faults.calls.clear()
        self.copy(source, set_id)
        assert faults.calls == []
        assert stored() == [source.blob_id]

    def test_into_its_own_set_is_a_second_row(self) -> None:
        source = AttachmentFactory.create(image=True)
        copy = self.copy(source, source.attachment_set_id)
        assert copy.position == 1
        assert AttachmentSet.objects.get().cover_attachment == source

    def test_of_an_image_becomes_the_first_cover(self, set_id: int) -> None:
        copy = self.copy(AttachmentFactory.create(image=True), set_id)
        assert AttachmentSet.objects.get(pk=set_id).cover_attachment == copy

    def test_replaces_the_cover_only_when_told(self, set_id: int) -> None:
        source = AttachmentFactory.create(image=True)
        first = self.copy(source, set_id)
        self.copy(source, set_id)
        assert AttachmentSet.objects.get(pk=set_id).cover_attachment == first
        third = self.copy(source, set_id, set_as_cover=True)
        assert AttachmentSet.objects.get(pk=set_id).cover_attachment == third

    @pytest.mark.parametrize("trait", ["pdf", "link"])
    def test_refuses_a_cover_without_picture_and_leaves_nothing(self, set_id: int, trait: str) -> None:
        source = AttachmentFactory.create(**{trait: True})
        with pytest.raises(NotAnImageError):
            self.copy(source, set_id, set_as_cover=True)
        assert Attachment.objects.get() == source

    def test_of_a_row_that_is_not_migrated_shares_its_old_object(self, set_id: int) -> None:
        source = AttachmentFactory.create(legacy=True)
        copy = self.copy(source, set_id)
        assert (copy.legacy_key, copy.blob_id) == (source.legacy_key, None)
        assert AttachmentSet.objects.get(pk=set_id).cover_attachment == copy

    def test_of_a_migrated_row_has_no_part_in_its_old_object(self, set_id: int) -> None:
        blob = AttachmentFactory.create(image=True).blob
        copy = self.copy(AttachmentFactory.create(legacy=True, blob=blob), set_id)
        assert (copy.legacy_key, copy.blob) == ("", blob)

    def test_of_an_old_row_that_would_be_refused_today(self, set_id: int) -> None:
        source = AttachmentFactory.create(link=True, url="missing:17", title="two\nlines")
        assert self.copy(source, set_id).url == "missing:17"

    @pytest.mark.parametrize("unknown", [4711, TOO_LARGE])
    def test_does_not_know(self, set_id: int, unknown: int) -> None:
        with pytest.raises(AttachmentNotFoundError):
            services.copy(attachment_id=unknown, target_set_id=set_id)
        with pytest.raises(AttachmentSetNotFoundError):
            services.copy(attachment_id=AttachmentFactory.create(link=True).pk, target_set_id=unknown)
