"""Changing parts and types, as the API and the shell do it."""

from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from attachments.models import AttachmentSet
from core.errors import NotFoundError
from parts import services
from parts.errors import DuplicateTypeError, PartInUseError, TypeInUseError
from parts.models import Part, PartType, Tag
from tests.factories import KitContentFactory, PartFactory, PartTypeFactory, TagFactory
from tests.plugins.database import at_once

pytestmark = pytest.mark.django_db


def tags_of(part: Part) -> list[str]:
    return sorted(part.tags.values_list("name", flat=True))


class TestCreatePart:
    def test_has_key_set_and_tags(self) -> None:
        TagFactory.create(name="fast")
        part = services.create_part(description="A diode", tags=["small", "fast", "fast"])
        part.refresh_from_db()
        assert part.attachment_set == AttachmentSet.objects.get()
        assert tags_of(part) == ["fast", "small"]
        assert Tag.objects.count() == 2

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({}, "This field cannot be blank."),
            ({"description": "x", "pin_count": 0}, "A part has at least one pin, or leave the count empty."),
            ({"description": "x", "tags": [""]}, "This field cannot be blank."),
        ],
    )
    def test_refused_leaves_nothing(self, fields: dict[str, Any], sentence: str) -> None:
        with pytest.raises(ValidationError) as refusal:
            services.create_part(**fields)
        assert refusal.value.messages == [sentence]
        assert not Part.objects.exists()
        assert not AttachmentSet.objects.exists()
        assert not Tag.objects.exists()


class TestUpdatePart:
    def test_changes_what_is_given(self) -> None:
        part = PartFactory.create(description="Before", package="DIP")
        services.update_part(part, description="After")
        part.refresh_from_db()
        assert (part.description, part.package) == ("After", "DIP")

    def test_keeps_what_somebody_else_changed_meanwhile(self) -> None:
        part = PartFactory.create(description="Before", package="DIP")
        Part.objects.update(package="SO")
        services.update_part(part, description="After")
        part.refresh_from_db()
        assert (part.description, part.package) == ("After", "SO")

    def test_is_noted(self) -> None:
        part = PartFactory.create()
        before = part.updated_at
        services.update_part(part, description="After")
        assert Part.objects.get().updated_at > before

    @pytest.mark.parametrize(("tags", "expected"), [(None, ["old"]), ([], []), (["new"], ["new"])])
    def test_replaces_tags_when_they_are_given(self, tags: list[str] | None, expected: list[str]) -> None:
        part = services.create_part(description="A diode", tags=["old"])
        services.update_part(part, tags=tags)
        assert tags_of(part) == expected

    def test_refused_changes_nothing(self) -> None:
        part = services.create_part(description="Before", tags=["old"])
        with pytest.raises(ValidationError):
            services.update_part(part, description="After", tags=["new", "b\x00d"])
        part.refresh_from_db()
        assert (part.description, tags_of(part)) == ("Before", ["old"])

    def test_refused_by_the_database_says_the_same_as_a_form(self) -> None:
        part = PartFactory.create(pin_count=8)
        with pytest.raises(ValidationError) as refusal:
            services.update_part(part, pin_count=0)
        with pytest.raises(ValidationError) as said_by_form:
            Part(description="A diode", pin_count=0).full_clean()
        assert refusal.value.message_dict == said_by_form.value.message_dict
        part.refresh_from_db()
        assert part.pin_count == 8

    def test_that_was_deleted_meanwhile_does_not_come_back(self) -> None:
        part = PartFactory.create()
        Part.objects.all().delete()
        with pytest.raises(NotFoundError):
            services.update_part(part, description="After")
        assert not Part.objects.exists()


class TestDeletePart:
    def test_deletes(self) -> None:
        services.delete_part(PartFactory.create())
        assert not Part.objects.exists()

    def test_names_what_uses_it(self) -> None:
        part = PartFactory.create(key="ABCD")
        for name in ("Radio", "Clock"):
            KitContentFactory.create(part=part, kit__name=name)
        with pytest.raises(PartInUseError, match=r"^Cannot delete part ABCD: it is used by kit Clock, kit Radio\.$"):
            services.delete_part(part)
        assert Part.objects.get() == part

    def test_names_a_few_of_many_and_counts_the_others(self) -> None:
        part = PartFactory.create()
        for number in range(8):
            KitContentFactory.create(part=part, kit__name=f"Kit {number}")
        with pytest.raises(PartInUseError, match=r"kit Kit 0, .*, kit Kit 4 and 3 others\.$"):
            services.delete_part(part)

    @pytest.mark.django_db(transaction=True)
    def test_tells_only_one_of_several_that_it_did_it(self) -> None:
        part = PartFactory.create()
        results = at_once(*[partial(services.delete_part, Part.objects.get(pk=part.pk)) for _ in range(4)])
        assert results.count(None) == 1
        assert sum(isinstance(result, NotFoundError) for result in results) == 3


class TestTypes:
    def test_are_made_and_renamed(self) -> None:
        part_type = services.create_type(name="Diode")
        services.rename_type(part_type, name="Rectifier")
        assert PartType.objects.get().name == "Rectifier"

    def test_may_keep_their_name(self) -> None:
        services.rename_type(PartTypeFactory.create(name="Diode"), name="Diode")
        assert PartType.objects.get().name == "Diode"

    def test_have_different_names(self) -> None:
        other = PartTypeFactory.create(name="Diode")
        with pytest.raises(DuplicateTypeError, match="A type named Diode already exists"):
            services.create_type(name="Diode")
        renamed = PartTypeFactory.create(name="Resistor")
        with pytest.raises(DuplicateTypeError):
            services.rename_type(renamed, name="Diode")
        assert set(PartType.objects.values_list("pk", "name")) == {(other.pk, "Diode"), (renamed.pk, "Resistor")}

    def test_that_were_deleted_meanwhile_do_not_come_back(self) -> None:
        part_type = PartTypeFactory.create()
        PartType.objects.all().delete()
        with pytest.raises(NotFoundError):
            services.rename_type(part_type, name="Diode")
        assert not PartType.objects.exists()

    @pytest.mark.parametrize(("parts", "sentence"), [(1, "1 part has it"), (3, "3 parts have it")])
    def test_in_use_stay(self, parts: int, sentence: str) -> None:
        part_type = PartTypeFactory.create(name="Diode")
        PartFactory.create_batch(parts, type=part_type)
        with pytest.raises(TypeInUseError, match=f"Cannot delete type Diode: {sentence}"):
            services.delete_type(part_type)
        Part.objects.update(type=None)
        services.delete_type(part_type)
        assert not PartType.objects.exists()
