"""Every owner has exactly one set, its own, from the moment it exists, whoever creates it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models.signals import post_save

from attachments.models import AttachmentOwner, AttachmentSet, owner_models
from kits.models import Kit
from parts.models import Part
from tests.attachments.conftest import OwnerFactory
from tests.factories import KitFactory, PartFactory

pytestmark = pytest.mark.django_db

NEW: dict[str, Callable[[], AttachmentOwner]] = {
    "part": lambda: Part(description="A resistor"),
    "kit": lambda: Kit(name="A radio"),
}
new_owner = pytest.mark.parametrize("new_owner", NEW.values(), ids=NEW.keys())


@contextmanager
def failing_after_insert(model: type[models.Model]) -> Iterator[None]:
    """Somebody's receiver breaks when the row is there already."""

    def fail(**kwargs: Any) -> None:
        raise RuntimeError("half-way")

    post_save.connect(fail, sender=model)
    try:
        with pytest.raises(RuntimeError, match="half-way"):
            yield
    finally:
        post_save.disconnect(fail, sender=model)


class TestNewOwner:
    def test_made_by_a_factory_has_an_empty_set_of_its_own(self, owner_factory: OwnerFactory) -> None:
        first, second = owner_factory.create(), owner_factory.create()
        assert first.attachment_set != second.attachment_set
        assert first.attachment_set.owner == first
        assert first.attachment_set.cover_attachment is None
        assert not first.attachment_set.attachments.exists()
        assert AttachmentSet.objects.count() == 2

    @new_owner
    def test_saved_in_the_shell_has_one(self, new_owner: Callable[[], AttachmentOwner]) -> None:
        owner = new_owner()
        owner.save()
        owner.refresh_from_db()
        assert AttachmentSet.objects.get() == owner.attachment_set

    def test_made_by_get_or_create_has_one(self) -> None:
        kit, _ = Kit.objects.get_or_create(name="A radio")
        part, _ = Part.objects.update_or_create(key="ABCD", defaults={"description": "A resistor"})
        assert set(AttachmentSet.objects.all()) == {kit.attachment_set, part.attachment_set}

    @new_owner
    def test_cannot_be_inserted_without_one(self, new_owner: Callable[[], Any]) -> None:
        owner = new_owner()
        with pytest.raises(IntegrityError), transaction.atomic():
            type(owner).objects.bulk_create([owner])
        assert not type(owner).objects.exists()

    def test_keeps_its_set_when_it_is_saved_again(self, owner_factory: OwnerFactory) -> None:
        owner = owner_factory.create()
        before = owner.attachment_set_id
        owner.save()
        owner.refresh_from_db()
        assert owner.attachment_set_id == before
        assert AttachmentSet.objects.count() == 1

    def test_may_be_given_a_set_that_nobody_has(self) -> None:
        free = AttachmentSet.objects.create()
        kit = Kit.objects.create(name="A radio", attachment_set=free)
        assert free.owner == kit
        assert AttachmentSet.objects.count() == 1


class TestRefusedOwner:
    def test_of_the_database_leaves_no_set(self) -> None:
        part = Part(description="A resistor", pin_count=0)
        with pytest.raises(IntegrityError), transaction.atomic():
            part.save()
        assert not AttachmentSet.objects.exists()

        part.pin_count = 2
        part.save()

        assert AttachmentSet.objects.get().owner == part

    @new_owner
    def test_half_way_leaves_no_set(self, new_owner: Callable[[], AttachmentOwner]) -> None:
        owner = new_owner()
        with failing_after_insert(type(owner)):
            owner.save()
        assert not AttachmentSet.objects.exists()

        owner.save()

        assert AttachmentSet.objects.get().owner == owner
        assert type(owner)._base_manager.count() == 1


class TestSharedSet:
    @pytest.mark.parametrize("taken_by", [PartFactory, KitFactory])
    @new_owner
    def test_is_refused_for_a_new_owner(self, new_owner: Callable[[], AttachmentOwner], taken_by: OwnerFactory) -> None:
        holder, owner = taken_by.create(), new_owner()
        owner.attachment_set = holder.attachment_set
        with pytest.raises(ValidationError) as refusal:
            owner.save()
        assert refusal.value.error_dict["attachment_set"][0].code == "set_in_use"
        assert not type(owner)._base_manager.exclude(pk=holder.pk).exists()

    @pytest.mark.parametrize("taken_by", [PartFactory, KitFactory])
    def test_is_refused_for_an_existing_owner(self, owner_factory: OwnerFactory, taken_by: OwnerFactory) -> None:
        holder, owner = taken_by.create(), owner_factory.create()
        own = owner.attachment_set
        owner.attachment_set = holder.attachment_set
        with pytest.raises(ValidationError):
            owner.save()
        owner.refresh_from_db()
        assert owner.attachment_set == own

    def test_is_refused_for_a_copy_made_the_django_way(self) -> None:
        part = PartFactory.create()
        part.pk, part.key, part._state.adding = None, "", True
        with pytest.raises(ValidationError):
            part.save()

    def test_is_refused_by_the_database_among_owners_of_one_kind(self) -> None:
        first, second = PartFactory.create_batch(2)
        with pytest.raises(IntegrityError), transaction.atomic():
            Part.objects.filter(pk=second.pk).update(attachment_set=first.attachment_set)


class TestValidation:
    def test_does_not_ask_for_the_set_that_save_makes(self) -> None:
        Kit(name="A radio").full_clean()
        Part(description="A resistor").full_clean()
        assert not AttachmentSet.objects.exists()


class TestOwnerModels:
    def test_are_parts_and_kits(self) -> None:
        assert set(owner_models()) == {Part, Kit}
