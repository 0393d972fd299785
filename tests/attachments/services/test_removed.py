"""What was deleted or replaced comes back as it was, for a while."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db.models import F
from django.utils import timezone

from attachments import services
from attachments.errors import AlreadyInSetError, RemovedAttachmentNotFoundError
from attachments.models import Attachment, AttachmentOwner, AttachmentSet, RemovedAttachment
from cas.models import Blob
from tests.attachments.conftest import OwnerFactory
from tests.factories import AttachmentFactory, PartFactory
from tests.plugins.database import queries_of
from tests.plugins.files import pdf, picture, sha256

pytestmark = pytest.mark.django_db(transaction=True)


def remove(attachment: Attachment) -> RemovedAttachment:
    services.detach(set_id=attachment.attachment_set_id, attachment_id=attachment.pk)
    return RemovedAttachment.objects.latest("pk")


def replace(attachment: Attachment, content: bytes, name: str = "new.bin") -> RemovedAttachment:
    services.replace_file(
        set_id=attachment.attachment_set_id, attachment_id=attachment.pk, upload=ContentFile(content, name)
    )
    return RemovedAttachment.objects.latest("pk")


def restore(removed: RemovedAttachment, **kwargs: Any) -> Attachment:
    return services.restore(set_id=removed.attachment_set_id, removed_id=removed.pk, **kwargs)


def cover_of(owner: AttachmentOwner) -> Attachment | None:
    return AttachmentSet.objects.get(pk=owner.attachment_set_id).cover_attachment


def images(owner: AttachmentOwner, count: int) -> list[Attachment]:
    return AttachmentFactory.create_batch(count, image=True, owner=owner)


class TestDeleted:
    def test_comes_back_with_everything_under_its_number(self, owner_factory: OwnerFactory) -> None:
        owner = owner_factory.create()
        first, second, third = images(owner, 3)
        Attachment.objects.filter(pk=second.pk).update(
            title="Rear", created_at=timezone.now() - timedelta(days=9), legacy_key="parts/1/rear.png"
        )
        before = Attachment.objects.values().get(pk=second.pk)
        removed = remove(second)
        assert restore(removed).pk == second.pk
        assert {**Attachment.objects.values().get(pk=second.pk), "updated_at": None} == {**before, "updated_at": None}
        assert list(owner.attachment_set.attachments.in_order()) == [first, second, third]
        assert not RemovedAttachment.objects.exists()

    @pytest.mark.parametrize("trait", ["link", "legacy"])
    def test_needs_no_content_of_its_own(self, trait: str) -> None:
        row = AttachmentFactory.create(**{trait: True})
        before = Attachment.objects.values("url", "legacy_key", "blob").get()
        restore(remove(row))
        assert Attachment.objects.values("url", "legacy_key", "blob").get() == before

    def test_is_no_longer_there_for_another(self) -> None:
        removed = remove(AttachmentFactory.create(image=True))
        restore(removed)
        with pytest.raises(RemovedAttachmentNotFoundError):
            restore(removed)
        assert Attachment.objects.count() == 1

    def test_comes_back_to_its_own_set_only(self, set_id: int) -> None:
        removed = remove(AttachmentFactory.create(image=True))
        with pytest.raises(RemovedAttachmentNotFoundError):
            services.restore(set_id=set_id, removed_id=removed.pk)

    def test_may_be_refused_where_the_content_is_there_again(self) -> None:
        row = AttachmentFactory.create(image=True, content=picture("plum"))
        removed = remove(row)
        AttachmentFactory.create(image=True, content=picture("plum"), owner=row.attachment_set.owner)
        with pytest.raises(AlreadyInSetError):
            restore(removed, refuse_duplicate=True)
        restore(removed)
        assert Attachment.objects.count() == 2

    def test_goes_for_good_with_its_owner(self, owner_factory: OwnerFactory) -> None:
        owner = owner_factory.create()
        remove(images(owner, 2)[0])
        owner.delete()
        assert not RemovedAttachment.objects.exists()
        assert not Attachment.objects.exists()


class TestCover:
    def test_is_the_cover_again(self) -> None:
        part = PartFactory.create()
        cover, heir = images(part, 2)
        removed = remove(cover)
        assert cover_of(part) == heir
        restore(removed)
        assert cover_of(part) == cover

    def test_is_not_when_somebody_chose_another_meanwhile(self) -> None:
        part = PartFactory.create()
        cover, _, chosen = images(part, 3)
        removed = remove(cover)
        services.choose_cover(set_id=part.attachment_set_id, attachment_id=chosen.pk)
        restore(removed)
        assert cover_of(part) == chosen

    def test_is_what_comes_back_first(self) -> None:
        part = PartFactory.create()
        cover, heir = images(part, 2)
        removed = [remove(heir), remove(cover)]
        restore(removed[0])
        assert cover_of(part) == heir
        restore(removed[1])
        assert cover_of(part) == cover

    def test_is_not_when_it_was_none(self) -> None:
        part = PartFactory.create()
        (only,) = images(part, 1)
        services.choose_cover(set_id=part.attachment_set_id, attachment_id=None)
        restore(remove(only))
        assert cover_of(part) is None

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first goes first", "last goes first"])
    def test_of_several_is_the_one_it_was_in_the_beginning(self, order: tuple[int, int]) -> None:
        part = PartFactory.create()
        pictures = images(part, 3)
        removed = [remove(picture) for picture in pictures[:2]]
        for which in order:
            restore(removed[which])
        assert cover_of(part) == pictures[0]


class TestReplaced:
    def test_gets_the_old_file_back_and_keeps_the_new_one(self) -> None:
        part = PartFactory.create()
        front, back = images(part, 2)
        old, new = Attachment.objects.values("blob", "filename", "file_size").get(pk=front.pk), picture("plum")
        removed = replace(front, new)
        assert Attachment.objects.get(pk=front.pk).blob_id == sha256(new)

        assert restore(removed).pk == front.pk
        assert Attachment.objects.values("blob", "filename", "file_size").get(pk=front.pk) == old
        assert list(part.attachment_set.attachments.in_order()) == [front, back]

        again = restore(RemovedAttachment.objects.get())
        assert (again.pk, again.blob_id) == (front.pk, sha256(new))

    def test_is_the_cover_again_after_a_document(self) -> None:
        part = PartFactory.create()
        front, back = images(part, 2)
        removed = replace(front, pdf())
        assert cover_of(part) == back
        restore(removed)
        assert cover_of(part) == front

    def test_of_a_deleted_one_comes_back_in_its_place(self) -> None:
        row = AttachmentFactory.create(image=True, content=picture("plum"))
        removed = replace(row, pdf())
        remove(Attachment.objects.get())
        restored = restore(removed)
        assert (restored.pk, restored.blob_id) == (row.pk, sha256(picture("plum")))

    def test_by_the_same_content_keeps_nothing(self) -> None:
        row = AttachmentFactory.create(image=True, content=picture("plum"))
        services.replace_file(
            set_id=row.attachment_set_id, attachment_id=row.pk, upload=ContentFile(picture("plum"), "again.jpg")
        )
        assert not RemovedAttachment.objects.exists()


class TestExpiry:
    def test_comes_after_the_time_of_the_setting(self, settings: Any, stored: Callable[[], list[str]]) -> None:
        settings.KEEP_REMOVED = timedelta(days=2)
        row = AttachmentFactory.create(image=True)
        removed = remove(row)
        for age, kept in ((timedelta(hours=47), True), (timedelta(hours=2), False)):
            RemovedAttachment.objects.update(removed_at=F("removed_at") - age)
            call_command("cas_gc", "--grace", "0s", "--dry-run")
            assert RemovedAttachment.objects.exists()
            call_command("cas_gc", "--grace", "0s")
            assert RemovedAttachment.objects.exists() == kept
            assert stored() == ([row.blob_id] if kept else [])
        with pytest.raises(RemovedAttachmentNotFoundError):
            restore(removed)

    def test_is_not_that_of_what_nobody_removed(self) -> None:
        AttachmentFactory.create(image=True)
        call_command("cas_gc", "--grace", "0s")
        assert Blob.objects.count() == 1


def test_deleting_an_owner_takes_as_many_queries_as_before() -> None:
    def queries_for(removed: int) -> int:
        part = PartFactory.create()
        for row in images(part, removed):
            remove(row)
        return queries_of(part.delete)

    assert queries_for(5) == queries_for(1)
