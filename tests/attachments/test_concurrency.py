"""Many clients at once on one set: threads with connections of their own, against the real database and store."""

from functools import partial
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db.models import F

from attachments import services
from attachments.errors import AttachmentNotFoundError, AttachmentSetNotFoundError
from attachments.models import Attachment, AttachmentOwner, AttachmentSet
from cas.models import Blob
from core.errors import NotFoundError
from kits.models import Kit
from kits.services import delete_kit, update_kit
from parts.models import Part
from parts.services import delete_part, update_part
from tests.attachments.conftest import OwnerFactory
from tests.factories import AttachmentFactory, KitFactory, PartFactory
from tests.plugins.database import at_once, errors
from tests.plugins.files import picture

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 3


def attach(owner: AttachmentOwner, content: bytes, name: str = "photo.png") -> Attachment:
    return services.attach_file(set_id=owner.attachment_set_id, upload=ContentFile(content, name))


def copy(source: Attachment, owner: AttachmentOwner) -> Attachment:
    return services.copy(attachment_id=source.pk, target_set_id=owner.attachment_set_id)


def drawn(number: int) -> bytes:
    return picture(f"#{number:06x}", size=(8, 8), form="PNG")


def assert_nothing_dangles() -> None:
    """No cover outside of its set, no set without owner, no owner without set, no blob that nobody refers to."""
    elsewhere = AttachmentSet.objects.exclude(cover_attachment=None).exclude(cover_attachment__attachment_set=F("pk"))
    assert not elsewhere.exists()
    assert AttachmentSet.objects.count() == Part.objects.count() + Kit.objects.count()
    assert not AttachmentSet.objects.filter(part=None, kit=None).exists()
    assert not Blob.objects.filter(attachments=None).exists()


class TestUploads:
    def test_of_different_images_to_one_set_get_positions_in_a_row_and_one_cover(self) -> None:
        part = PartFactory.create()

        results = at_once(*(partial(attach, part, drawn(number)) for number in range(8)))

        assert not errors(results)
        rows = list(Attachment.objects.in_order())
        assert [row.position for row in rows] == list(range(8))
        assert AttachmentSet.objects.get().cover_attachment == rows[0]
        assert_nothing_dangles()


class TestOneSet:
    def test_stays_consistent_under_uploads_covers_copies_and_deletes(self) -> None:
        part, source = PartFactory.create(), AttachmentFactory.create(image=True)
        set_id = part.attachment_set_id
        for round_ in range(ROUNDS):
            images = [copy(source, part) for _ in range(4)]
            results = at_once(
                *(partial(attach, part, drawn(100 * round_ + number)) for number in (10, 11)),
                *(partial(services.choose_cover, set_id=set_id, attachment_id=row.pk) for row in images),
                *(partial(services.detach, set_id=set_id, attachment_id=row.pk) for row in images[:2]),
                Attachment.objects.filter(pk__in=[row.pk for row in images[:3]]).delete,
                partial(services.copy, attachment_id=source.pk, target_set_id=set_id, set_as_cover=True),
                partial(services.rename, set_id=set_id, attachment_id=images[3].pk, title="Other"),
            )
            # Who comes too late learns that the image is gone.
            assert {type(error) for error in errors(results)} <= {AttachmentNotFoundError}
            assert not Attachment.objects.filter(pk__in=[row.pk for row in images[:3]]).exists()
            part.attachment_set.refresh_from_db()
            cover = part.attachment_set.cover_attachment
            assert cover is not None
            assert cover.attachment_set_id == set_id

    def test_deletes_from_several_sets_at_once_do_not_wait_for_each_other_for_ever(self) -> None:
        source = AttachmentFactory.create(image=True)
        owners = PartFactory.create_batch(8)
        for _ in range(ROUNDS):
            forwards = [copy(source, owner).pk for owner in owners]
            backwards = [copy(source, owner).pk for owner in reversed(owners)]
            results = at_once(
                Attachment.objects.filter(pk__in=forwards).delete, Attachment.objects.filter(pk__in=backwards).delete
            )
            assert not errors(results)


class TestOwnerThatIsDeleted:
    """Deleting and everything else on the same owner: one comes first, the other finds it done."""

    def test_takes_an_upload_along_or_refuses_it(self, owner_factory: OwnerFactory) -> None:
        for number in range(ROUNDS):
            owner = owner_factory.create()
            attach(owner, drawn(number))

            uploaded, deleted = at_once(partial(attach, owner, drawn(1000 + number)), owner.delete)

            assert isinstance(uploaded, Attachment | AttachmentSetNotFoundError)
            assert not isinstance(deleted, Exception)
            assert not Attachment.objects.exists()
            assert not AttachmentSet.objects.exists()

    def test_refuses_a_change_or_goes_after_it(self) -> None:
        for _ in range(ROUNDS):
            part, kit = PartFactory.create(), KitFactory.create()
            results = at_once(
                partial(update_part, Part.objects.get(pk=part.pk), description="Changed"),
                partial(delete_part, part),
                partial(update_kit, kit.pk, description="Changed"),
                partial(delete_kit, kit.pk),
            )
            assert {getattr(error, "code", error) for error in errors(results)} <= {"not_found"}
            assert_nothing_dangles()

    def test_does_not_wait_for_ever_for_somebody_who_saves_it(self, owner_factory: OwnerFactory) -> None:
        model: Any = owner_factory._meta.model
        for _ in range(2 * ROUNDS):
            owner = owner_factory.create()
            saved, deleted = at_once(model.objects.get(pk=owner.pk).save, owner.delete)
            assert saved is None or isinstance(saved, NotFoundError)
            assert not isinstance(deleted, Exception)

    def test_twice_at_once_is_gone_once(self, owner_factory: OwnerFactory) -> None:
        model: Any = owner_factory._meta.model
        for _ in range(ROUNDS):
            owner = owner_factory.create()
            attach(owner, drawn(1))
            results = at_once(*(model.objects.get(pk=owner.pk).delete for _ in range(3)))
            assert not errors(results)
            assert not Attachment.objects.exists()
            assert not AttachmentSet.objects.exists()


class TestSharedSet:
    def test_wanted_by_two_owners_at_once_goes_to_one(self) -> None:
        for number in range(ROUNDS):
            free = AttachmentSet.objects.create()
            results = at_once(
                Part(description="A resistor", attachment_set=free).save,
                Kit(name=f"Radio {number}", attachment_set=free).save,
            )
            assert len(errors(results)) == 1
            assert (
                Part.objects.filter(attachment_set=free).count() + Kit.objects.filter(attachment_set=free).count() == 1
            )
