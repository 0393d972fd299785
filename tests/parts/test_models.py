"""What a part, a type and a tag may be."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from parts.models import Part, PartType, Tag
from tests.factories import PartFactory, PartTypeFactory, TagFactory

pytestmark = pytest.mark.django_db


class TestNames:
    def test_of_a_part_are_its_key_and_what_it_is(self) -> None:
        assert str(Part(key="ABCD", manufacturer_code="1N4148", description="Diode")) == "ABCD 1N4148"
        assert str(Part(key="ABCD", description="x" * 100)) == f"ABCD {'x' * 60}"

    def test_of_types_and_tags(self) -> None:
        assert (str(PartType(name="Diode")), str(Tag(name="fast"))) == ("Diode", "fast")


class TestPart:
    @pytest.mark.parametrize(
        "fields", [{"product_page": "ftp://example.com"}, {"key": "abcd"}, {"key": "ABCDE"}], ids=str
    )
    def test_refuses(self, fields: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            Part(**{"description": "A diode", **fields}).full_clean()

    def test_may_have_several_lines(self) -> None:
        Part(description="First\nsecond\tcolumn").full_clean()

    @pytest.mark.parametrize("pin_count", [0, -1])
    def test_has_a_pin_even_for_the_database(self, pin_count: int) -> None:
        part = PartFactory.create(pin_count=1)
        with pytest.raises(IntegrityError), transaction.atomic():
            Part.objects.filter(pk=part.pk).update(pin_count=pin_count)

    def test_has_a_sentence_for_a_part_without_pins(self) -> None:
        with pytest.raises(ValidationError, match="at least one pin"):
            Part(description="A diode", pin_count=0).full_clean()

    def test_keeps_its_type(self) -> None:
        part = PartFactory.create(type=PartTypeFactory.create())
        with pytest.raises(ProtectedError):
            PartType.objects.all().delete()
        part.refresh_from_db()
        assert part.type is not None

    def test_loses_a_tag_that_goes(self) -> None:
        part = PartFactory.create()
        part.tags.add(TagFactory.create())
        Tag.objects.all().delete()
        assert not part.tags.exists()


@pytest.mark.parametrize("factory", [PartTypeFactory, TagFactory])
def test_names_are_unique(factory: Any) -> None:
    factory.create(name="Diode")
    with pytest.raises(IntegrityError), transaction.atomic():
        factory.create(name="Diode")
