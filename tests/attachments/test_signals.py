"""What holds however a row is deleted."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import models
from django.db.models import ProtectedError, QuerySet
from django.utils import timezone

from attachments import services
from attachments.models import Attachment, AttachmentOwner, AttachmentSet
from kits.models import Kit
from kits.services import delete_kit
from parts.models import Part
from parts.services import delete_part
from tests.attachments.conftest import OwnerFactory, images_of
from tests.factories import AttachmentFactory, KitContentFactory, KitFactory, PartFactory
from tests.plugins.database import queries_of

pytestmark = pytest.mark.django_db

WAYS: dict[str, Callable[[Attachment], object]] = {
    "service": lambda row: services.detach(set_id=row.attachment_set_id, attachment_id=row.pk),
    "instance": lambda row: row.delete(),
    "queryset": lambda row: Attachment.objects.filter(pk=row.pk).delete(),
    "related": lambda row: row.attachment_set.attachments.filter(pk=row.pk).delete(),
}


@pytest.fixture(params=WAYS.values(), ids=list(WAYS))
def delete(request: pytest.FixtureRequest) -> Callable[[Attachment], object]:
    """One way to delete an attachment after the other."""
    way: Callable[[Attachment], object] = request.param
    return way


def cover_of(owner: AttachmentOwner) -> Attachment | None:
    return AttachmentSet.objects.get(pk=owner.attachment_set_id).cover_attachment


class TestDeletedCover:
    def test_passes_to_the_oldest_remaining_image(
        self, delete: Callable[[Attachment], object], owner_factory: OwnerFactory
    ) -> None:
        owner = owner_factory.create()
        cover, younger, oldest = images_of(owner, 3)
        AttachmentFactory.create(pdf=True, owner=owner)
        AttachmentFactory.create(link=True, owner=owner)
        # Its age decides, not its place.
        Attachment.objects.filter(pk=oldest.pk).update(created_at=timezone.now() - timedelta(days=1))

        delete(cover)

        assert cover_of(owner) == oldest
        assert set(owner.attachment_set.attachments.images()) == {younger, oldest}

    def test_passes_to_the_first_of_images_of_one_age(self, delete: Callable[[Attachment], object]) -> None:
        part = PartFactory.create()
        cover, first, _ = images_of(part, 3)
        Attachment.objects.update(created_at=timezone.now())
        delete(cover)
        assert cover_of(part) == first

    def test_passes_to_an_image_that_is_not_migrated(self, delete: Callable[[Attachment], object]) -> None:
        part = PartFactory.create()
        cover = AttachmentFactory.create(image=True, owner=part)
        heir = AttachmentFactory.create(legacy=True, owner=part)
        delete(cover)
        assert cover_of(part) == heir

    def test_is_none_of_another_set_that_had_it_wrongly(self, delete: Callable[[Attachment], object]) -> None:
        part, other = PartFactory.create_batch(2)
        cover = AttachmentFactory.create(image=True, owner=part)
        # No service does this; a fixture or somebody's SQL can.
        AttachmentSet.objects.filter(pk=other.attachment_set_id).update(cover_attachment=cover)
        delete(cover)
        assert cover_of(other) is None

    def test_is_all_that_refers_to_an_attachment(self) -> None:
        # `services.detach` looks after nothing else; whoever adds something has to add it there.
        related = [field for field in Attachment._meta.get_fields(include_hidden=True) if field.auto_created]
        assert [field.remote_field for field in related if not field.concrete and field.remote_field is not None] == [
            AttachmentSet._meta.get_field("cover_attachment")
        ]

    def test_passes_to_nobody_without_another_image(self, delete: Callable[[Attachment], object]) -> None:
        part = PartFactory.create()
        cover = AttachmentFactory.create(image=True, owner=part)
        AttachmentFactory.create(pdf=True, owner=part)
        AttachmentFactory.create(link=True, owner=part)
        delete(cover)
        assert cover_of(part) is None
        assert part.attachment_set.attachments.count() == 2

    def test_passes_over_images_that_go_with_it(self) -> None:
        part = PartFactory.create()
        images = images_of(part, 5)
        Attachment.objects.filter(pk__in=[row.pk for row in images[:3]]).delete()
        assert cover_of(part) == images[3]

    def test_is_handed_over_in_every_set_of_a_bulk_delete(self) -> None:
        owners = [PartFactory.create(), KitFactory.create(), PartFactory.create()]
        images = [images_of(owner, count) for owner, count in zip(owners, (2, 3, 1), strict=True)]
        Attachment.objects.filter(pk__in=[cover.pk for cover, *_ in images]).delete()
        assert [cover_of(owner) for owner in owners] == [images[0][1], images[1][1], None]

    def test_is_a_change_of_its_set(self, delete: Callable[[Attachment], object]) -> None:
        part = PartFactory.create()
        cover = AttachmentFactory.create(image=True, owner=part)
        long_ago = timezone.now() - timedelta(days=1)
        AttachmentSet.objects.update(updated_at=long_ago)
        delete(cover)
        assert AttachmentSet.objects.get().updated_at > long_ago


class TestDeletedOther:
    def test_leaves_the_cover(self, delete: Callable[[Attachment], object]) -> None:
        part = PartFactory.create()
        cover, other = images_of(part, 2)
        delete(other)
        assert cover_of(part) == cover

    def test_does_not_make_a_cover_where_there_was_none(self, delete: Callable[[Attachment], object]) -> None:
        part = PartFactory.create()
        first, _ = images_of(part, 2)
        services.choose_cover(set_id=part.attachment_set_id, attachment_id=None)
        delete(first)
        assert cover_of(part) is None


def delete_by_service(owners: list[Any]) -> None:
    for owner in owners:
        if isinstance(owner, Part):
            delete_part(owner)
        else:
            delete_kit(owner.pk)


OWNERS: dict[str, Callable[[list[Any]], object]] = {
    "one by one": lambda owners: [owner.delete() for owner in owners],
    "queryset": lambda owners: type(owners[0]).objects.filter(pk__in=[owner.pk for owner in owners]).delete(),
    "service": delete_by_service,
}


class TestDeletedOwner:
    @pytest.mark.parametrize("delete_all", OWNERS.values(), ids=OWNERS.keys())
    def test_takes_set_and_attachments_along(
        self, owner_factory: OwnerFactory, delete_all: Callable[[list[AttachmentOwner]], object]
    ) -> None:
        doomed, bystander = owner_factory.create_batch(3), owner_factory.create()
        for owner in [*doomed, bystander]:
            AttachmentFactory.create(image=True, owner=owner)
            AttachmentFactory.create(link=True, owner=owner)

        delete_all(doomed)

        assert AttachmentSet.objects.get().owner == bystander
        assert Attachment.objects.count() == 2
        assert cover_of(bystander) is not None

    def test_that_cannot_go_keeps_its_set(self) -> None:
        content = KitContentFactory.create()
        attachment = AttachmentFactory.create(link=True, owner=content.part)
        with pytest.raises(ProtectedError):
            Part.objects.all().delete()
        assert content.part.attachment_set.attachments.get() == attachment

        # The refusal is not remembered: what is deleted later goes, and nothing else.
        content.delete()
        content.part.delete()
        assert AttachmentSet.objects.get().owner == content.kit

    @pytest.mark.parametrize("model", [Part, Kit])
    def test_goes_in_a_constant_number_of_queries(self, model: type[models.Model]) -> None:
        factory: OwnerFactory = PartFactory if model is Part else KitFactory  # type: ignore[assignment]

        def queries_for(*, owners: int) -> int:
            made = factory.create_batch(owners)
            for owner in made:
                AttachmentFactory.create(link=True, owner=owner)
            doomed: QuerySet[Any] = model._default_manager.filter(pk__in=[owner.pk for owner in made])
            return queries_of(doomed.delete)

        assert queries_for(owners=50) == queries_for(owners=1)
        assert not AttachmentSet.objects.exists()

    def test_leaves_the_bytes_to_the_collector(self, stored: Callable[[], list[str]]) -> None:
        attachment = AttachmentFactory.create(image=True)
        Part.objects.all().delete()
        assert stored() == [attachment.blob_id]
